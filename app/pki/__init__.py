"""Certificates, keys, stores of every format, and the vault: pure but for the vault's file."""

import warnings

# Old certificates and stores break rules (a serial number of 0, BER): the library tells so on the
# terminal, of lines of ours, which is no use to anybody.
warnings.filterwarnings("ignore", category=UserWarning, module=r"app\.pki\.")
