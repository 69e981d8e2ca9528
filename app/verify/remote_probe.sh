# Dial a TLS port from this host with the service's own key, and read after the handshake.
# Set before: token connect sni key_path key_format cert_path trust_path trust_format pinned hold
# limit; $verify stands for the option that names the peer.
# Standard input: the key store's password, the trust store's password, then trusted PEM, if any.
LC_ALL=C; export LC_ALL
umask 077
finish() { printf '%s %s\n' "$token" "$1"; exit 0; }
# Elsewhere than in a builtin, printf would show a password in the process list.
case $(command -V printf 2>/dev/null) in *builtin*) ;; *) finish no-builtin-printf ;; esac
command -v openssl >/dev/null 2>&1 || finish no-openssl
IFS= read -r key_pass
IFS= read -r trust_pass
dir=
trap '[ -z "$dir" ] || rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM PIPE
dir=$(mktemp -d /dev/shm/tlswright.XXXXXX 2>/dev/null) ||
  dir=$(mktemp -d "${TMPDIR:-/tmp}/tlswright.XXXXXX" 2>/dev/null) || { dir=; finish no-folder; }

# Since OpenSSL 3, stores made with RC2 open with -legacy only, which 1.1.1 does not know.
p12() {
  store=$1 pass=$2 to=$3
  shift 3
  printf '%s\n' "$pass" | openssl pkcs12 -in "$store" -passin stdin "$@" >"$to" 2>"$dir/why" && return
  printf '%s\n' "$pass" | openssl pkcs12 -legacy -in "$store" -passin stdin "$@" >"$to" 2>"$dir/why2"
}
bad_store() {
  if grep -qi -e 'mac verify' -e 'invalid password' "$dir/why"; then finish "$1-password"; fi
  finish "$1-unreadable"
}

[ -r "$key_path" ] || finish key-missing
if [ "$key_format" = PEM ]; then
  cat <"$key_path" >"$dir/key.pem" && cp "$dir/key.pem" "$dir/leaf.pem" && : >"$dir/chain.pem" || finish key-unreadable
  [ -z "$cert_path" ] || cat <"$cert_path" >"$dir/leaf.pem" || finish key-missing
  if grep -q 'BEGIN ENCRYPTED' "$dir/key.pem"; then
    printf '%s\n' "$key_pass" | openssl pkey -in "$key_path" -passin stdin >"$dir/key.pem" 2>"$dir/why" || finish key-password
  fi
  sed '1,/-----END CERT/d' "$dir/leaf.pem" >"$dir/chain.pem"
else
  p12 "$key_path" "$key_pass" "$dir/key.pem" -nocerts -nodes || bad_store key
  p12 "$key_path" "$key_pass" "$dir/leaf.pem" -nokeys -clcerts || bad_store key
  p12 "$key_path" "$key_pass" "$dir/chain.pem" -nokeys -cacerts || bad_store key
fi
grep -q 'PRIVATE KEY-' "$dir/key.pem" && grep -q 'BEGIN CERT' "$dir/leaf.pem" || finish key-empty
case $trust_format in
  PKCS12)
    [ -r "$trust_path" ] || finish trust-missing
    p12 "$trust_path" "$trust_pass" "$dir/trust.pem" -nokeys || bad_store trust ;;
  PEM) cat <"$trust_path" >"$dir/trust.pem" 2>/dev/null || finish trust-missing ;;
  *) cat >"$dir/trust.pem" ;;
esac
grep -q 'BEGIN CERT' "$dir/trust.pem" || finish trust-empty

set -- -connect "$connect" $verify -CAfile "$dir/trust.pem" \
  -cert "$dir/leaf.pem" -key "$dir/key.pem"
[ -z "$sni" ] || set -- "$@" -servername "$sni"
[ -z "$pinned" ] || set -- "$@" -partial_chain -no_check_time
if grep -q 'BEGIN CERT' "$dir/chain.pem"; then set -- "$@" -cert_chain "$dir/chain.pem"; fi
if command -v timeout >/dev/null 2>&1; then bound="timeout $limit"; else bound=; fi

# dial ARGUMENTS: standard input stays open for a while, so that the answer after the handshake is
# read; s_client says DONE only when it was us who ended.
dial() {
  { sleep "$hold"; } | { $bound openssl s_client "$@" 2>"$dir/err"; echo $? >"$dir/rc"; } |
    { head -c 65536 >"$dir/out"; cat >/dev/null; }
}
show() {
  printf '%s err\n' "$token"
  head -c 8192 "$dir/err" | tr -cd '\11\12\40-\176'
  printf '\n%s out\n' "$token"
  # Nothing of the session: it holds the master key.
  sed -n -e '1,/^New, /p' -e '/^ *Protocol *:/p' "$dir/out" | tr -cd '\11\12\40-\176' | head -c 49152
  printf '\n%s rc %s\n' "$token" "$(cat "$dir/rc")"
}
dial -verify_return_error "$@"
if grep -q '^verify error' "$dir/err" && ! grep -q 'BEGIN CERT' "$dir/out"; then
  # A peer that was refused is not shown: dial again without judging, for its certificate only.
  cp "$dir/err" "$dir/judged" && cp "$dir/rc" "$dir/judged-rc"
  hold=0
  dial "$@"
  mv "$dir/judged" "$dir/err" && mv "$dir/judged-rc" "$dir/rc"
fi
show
finish done
