"""List the keywords of ssh_config(5): what counts here, what is passed over, what is refused.

The list is that of OpenSSH 10.5 with what distributions add to it.
"""

from __future__ import annotations

from typing import Final, Literal

Shape = Literal[
    "text", "words", "many", "command", "jump", "flag", "port", "time", "number", "choice"
]

USED: Final[dict[str, Shape]] = {
    "addressfamily": "choice",
    "bindaddress": "text",
    "bindinterface": "text",
    "canonicaldomains": "words",
    "canonicalizefallbacklocal": "flag",
    "canonicalizehostname": "choice",
    "canonicalizemaxdots": "number",
    "canonicalizepermittedcnames": "words",
    "casignaturealgorithms": "text",
    "certificatefile": "many",
    "ciphers": "text",
    "compression": "flag",
    "connecttimeout": "time",
    "globalknownhostsfile": "words",
    "hashknownhosts": "flag",
    "hostbasedauthentication": "flag",
    "hostkeyalgorithms": "text",
    "hostkeyalias": "text",
    "hostname": "text",
    "identitiesonly": "flag",
    "identityagent": "text",
    "identityfile": "many",
    "kbdinteractiveauthentication": "flag",
    "kexalgorithms": "text",
    "knownhostscommand": "command",
    "macs": "text",
    "passwordauthentication": "flag",
    "pkcs11provider": "text",
    "port": "port",
    "preferredauthentications": "text",
    "proxycommand": "command",
    "proxyjump": "jump",
    "proxyusefdpass": "flag",
    "pubkeyacceptedalgorithms": "text",
    "pubkeyauthentication": "choice",
    "refuseconnection": "text",
    "revokedhostkeys": "words",
    "tag": "text",
    "user": "text",
    "userknownhostsfile": "words",
}

CHOICES: Final = {
    "addressfamily": {"any": "any", "inet": "inet", "inet6": "inet6"},
    "canonicalizehostname": {"yes": "yes", "true": "yes", "no": "no", "false": "no",
                             "always": "always"},
    "pubkeyauthentication": {"yes": "yes", "true": "yes", "no": "no", "false": "no",
                             "unbound": "yes", "host-bound": "yes"},
}  # fmt: skip
FLAGS: Final = {"yes": "yes", "true": "yes", "no": "no", "false": "no"}

ALIASES: Final = {
    "challengeresponseauthentication": "kbdinteractiveauthentication",
    "skeyauthentication": "kbdinteractiveauthentication",
    "tisauthentication": "kbdinteractiveauthentication",
    "dsaauthentication": "pubkeyauthentication",
    "identityfile2": "identityfile",
    "pubkeyacceptedkeytypes": "pubkeyacceptedalgorithms",
    "smartcarddevice": "pkcs11provider",
}

_PASSED: Final = """
addkeystoagent afstokenpassing batchmode channeltimeout checkhostip
cipher clearallforwardings compressionlevel connectionattempts controlmaster controlpath
controlpersist dynamicforward enableescapecommandline enablesshkeysign escapechar
exitonforwardfailure fallbacktorsh fingerprinthash forkafterauthentication forwardagent
forwardx11 forwardx11timeout forwardx11trusted gatewayports globalknownhostsfile2
gssapiauthentication gssapiclientidentity gssapidelegatecredentials gssapikexalgorithms
gssapikeyexchange gssapirenewalforcesrekey gssapiserveridentity gssapitrustdns
hostbasedacceptedalgorithms hostbasedkeytypes ignoreunknown ipqos kbdinteractivedevices
keepalive kerberosauthentication kerberostgtpassing localcommand localforward loglevel
logverbose nohostauthenticationforlocalhost numberofpasswordprompts obscurekeystroketiming
permitlocalcommand permitremoteopen protocol rekeylimit remotecommand remoteforward requesttty
requiredrsasize rhostsauthentication rhostsrsaauthentication rsaauthentication
securitykeyprovider sendenv serveralivecountmax serveraliveinterval sessiontype setenv
setuptimeout stdinnull streamlocalbindmask streamlocalbindunlink stricthostkeychecking
syslogfacility tcpkeepalive tunnel tunneldevice updatehostkeys usekeychain useprivilegedport
userknownhostsfile2 useroaming usersh verifyhostkeydns versionaddendum visualhostkey
warnweakcrypto xauthlocation
"""
PASSED_OVER: Final = frozenset(_PASSED.split())
