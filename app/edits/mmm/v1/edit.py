"""Put `socket_type ssl` and its options into a file of MMM 1.x.

Decisions where the file leaves a choice (lib/config.pm and lib/socket.pm of the SSL branch):

- of several heads `socket_type ssl` the last one counts, since each empties the one before: it is
  the block that stays, and all other heads socket_type go with their options, with a note;
- options that stand at column 0 behind that head do nothing: they are indented, with a note;
- options of others in the block stay where they are, those that weaken TLS with a note;
- blanks and a carriage return behind a value belong to it, so lines of ours end in `\\n` alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from app.edits.mmm.model import EditedConf
from app.edits.mmm.text import Draft, check_path, check_value, gap_like, refusal, usual
from app.edits.mmm.v1.lines import SOCKET, TLS_OPTIONS, Line, parse_lines
from app.edits.mmm.v1.view import read_conf, view
from app.errors import EditError

_PATHS = ("cert_file", "key_file", "ca_file", "ca_path", "crl_file")
_NEAR = ("bind_port", "agent_port", "monitor_ip")
_WEAK = {
    "verify_mode": "verify_mode {value} stays: with 0 this side takes any certificate of a peer",
    "verifycn_scheme": "verifycn_scheme {value} stays: it says which names a peer may have",
    "ca_path": "ca_path stays: all that the certificates in that folder signed is let in",
    "version": "version {value} stays",
    "cipher_list": "cipher_list stays",
}


@dataclass(frozen=True, slots=True)
class SslWant:
    """Say what the block `socket_type ssl` should hold; "" and None leave what stands there.

    Each option becomes `SSL_NAME` of IO::Socket::SSL.  `verify_mode` counts where this node dials
    (listeners always ask for a certificate); `check_crl` needs `crl_file`.  `more` are further
    options; those in `drop` are taken out.
    """

    cert_file: str
    key_file: str
    ca_file: str
    verify_mode: int | None = None
    verifycn_scheme: str = ""
    crl_file: str = ""
    version: str = ""
    more: tuple[tuple[str, str], ...] = ()
    drop: tuple[str, ...] = ()

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Give the options by name, in the order that they are written."""
        found = [("cert_file", self.cert_file), ("key_file", self.key_file)]
        found += [("ca_file", self.ca_file)]
        if self.verify_mode is not None:
            found.append(("verify_mode", str(self.verify_mode)))
        if self.crl_file:
            found += [("check_crl", "1"), ("crl_file", self.crl_file)]
        optional = (("verifycn_scheme", self.verifycn_scheme), ("version", self.version))
        return (*found, *(pair for pair in optional if pair[1]), *self.more)


@dataclass(slots=True)
class _Block:
    """A head socket_type, and the lines that are its options or are meant to be."""

    head: Line
    options: list[Line] = field(default_factory=list)


def edit_conf(data: bytes, wanted: SslWant, where: str) -> EditedConf:
    """Bring the file to what is wanted; what is there already changes no byte.

    Raises EditError with the line, the reason and a snippet to paste where the file cannot be
    edited safely: lines that MMM refuses, and values that its grammar cannot hold.
    """
    try:
        _check(wanted)
        raw, lines = parse_lines(data, where)
        for trap in view(lines, where).fatal:
            raise refusal(trap.text, where, trap.line, hint=trap.hint)
        draft = Draft(raw, where)
        home = _home(draft, lines)
        if home is None:
            _append(draft, lines, wanted)
        else:
            _fill(draft, lines, home, wanted)
        result = draft.write()
        _prove(result, wanted, where)
        return EditedConf(result, tuple(draft.notes))
    except EditError as error:
        error.where = error.where or where
        error.snippet = error.snippet or snippet(wanted)
        raise


def snippet(wanted: SslWant) -> str:
    """Write the block as it would stand in a file of its own."""
    return "\n".join([f"{SOCKET} ssl", *(f"    {n} {v}" for n, v in wanted.pairs()), ""])


def _check(wanted: SslWant) -> None:
    pairs = wanted.pairs()
    names = [name for name, _ in pairs]
    for name, value in pairs:
        (check_path if name in _PATHS else check_value)(name, value)
        if not name.isidentifier() or not name.isascii():
            raise EditError(f"{name!r} is no name of an option of IO::Socket::SSL")
    twice = [name for name in names if names.count(name) > 1 or name in wanted.drop]
    if twice:
        raise EditError(f"{twice[0]} is wanted twice, or wanted and to be taken out")
    if wanted.verify_mode not in (None, 0, 1, 2, 3):
        raise EditError(f"verify_mode {wanted.verify_mode}: IO::Socket::SSL knows 0 to 3")


def _blocks(lines: tuple[Line, ...]) -> list[_Block]:
    """Find each head socket_type with its options, those at column 0 included."""
    blocks: list[_Block] = []
    inside = False
    for line in lines:
        if line.kind == "head":
            if line.name == SOCKET:
                blocks.append(_Block(line))
            inside = line.name == SOCKET or (inside and line.name in TLS_OPTIONS)
        if inside and line.kind in ("head", "option") and line.name != SOCKET:
            blocks[-1].options.append(line)
    return blocks


def _home(draft: Draft, lines: tuple[Line, ...]) -> _Block | None:
    """Choose the block that stays, and take the others out."""
    blocks = _blocks(lines)
    if not blocks:
        return None
    home = next((one for one in reversed(blocks) if one.head.value == "ssl"), blocks[-1])
    for block in blocks:
        if block is not home:
            count = f" with {len(block.options)} options" if block.options else ""
            draft.note(block.head.number, f"{SOCKET} {block.head.value}{count} is taken out: "
                       f"the block in line {home.head.number} stays")  # fmt: skip
            for line in (block.head, *block.options):
                draft.drop(line.number)
    if home.head.value != "ssl":
        draft.note(home.head.number, f"{SOCKET} was {home.head.value} and is now ssl")
        end = "\r" if home.head.text.endswith("\r") else ""
        draft.put(home.head.number, f"{SOCKET}{home.head.gap or ' '}ssl{end}")
    return home


def _fill(draft: Draft, lines: tuple[Line, ...], home: _Block, wanted: SslWant) -> None:
    """Set the options in the block, each where it stands, and add the missing ones behind."""
    lead = usual((o.lead for o in home.options), _lead(lines))
    missing = []
    for line in home.options:
        if line.name in wanted.drop:
            draft.note(line.number, f"{line.name} is taken out")
            draft.drop(line.number)
    for name, value in wanted.pairs():
        same = [line for line in home.options if line.name == name]
        for line in same[:-1]:
            draft.note(
                line.number, f"{name} is taken out: it stands again in line {same[-1].number}"
            )
            draft.drop(line.number)
        if same:
            _put(draft, same[-1], value, lead)
        else:
            missing.append((name, value))
    for line in home.options:
        if not draft.gone(line.number) and line.name not in dict(wanted.pairs()):
            _foreign(draft, line, lead)
    kept = [line for line in home.options if not draft.gone(line.number)]
    near = [(line.lead or lead, line.name, line.gap) for line in kept]
    texts = [lead + name + gap_like(lead, name, near) + value for name, value in missing]
    draft.add((kept[-1] if kept else home.head).number, *texts)


def _put(draft: Draft, line: Line, value: str, lead: str) -> None:
    """Give an option its value; MMM must see it indented, and nothing behind the value."""
    if line.kind == "head":
        draft.note(
            line.number, f"{line.name} stood at column 0 and did nothing: it is indented now"
        )
    elif line.value == value:
        return
    elif line.value.rstrip(" \t\r\f\v") == value:
        draft.note(line.number, f"blanks behind the value of {line.name} are taken out")
    draft.put(line.number, line.with_value(value, line.lead or lead))


def _foreign(draft: Draft, line: Line, lead: str) -> None:
    """Leave an option of others as it is, and say what it means for TLS."""
    if line.kind == "head":
        draft.note(line.number, f"{line.name} stood at column 0 and did nothing: it counts now")
        draft.put(line.number, line.with_value(line.value, lead))
    if line.name in _WEAK:
        draft.note(line.number, _WEAK[line.name].format(value=line.value.strip()))


def _append(draft: Draft, lines: tuple[Line, ...], wanted: SslWant) -> None:
    """Open a block: behind the ports and addresses of MMM's own links, or at the end."""
    at = _anchor(lines)
    lead = _lead(lines)
    texts = [
        f"{SOCKET} ssl{draft.cr}",
        *(f"{lead}{name} {value}" for name, value in wanted.pairs()),
    ]
    if at and lines[at - 1].kind != "blank":
        texts.insert(0, draft.cr)
    if at < len(lines) and lines[at].kind != "blank":
        texts.append(draft.cr)
    draft.add(at, *texts)


def _anchor(lines: tuple[Line, ...]) -> int:
    """Give the line to open a block after: nothing that it would take for its own may follow."""
    at, inside = 0, False
    for line in lines:
        if line.kind == "head":
            inside = line.name in _NEAR or (inside and line.name in TLS_OPTIONS)
        if inside and line.kind in ("head", "option"):
            at = line.number
    return at or len(lines)


def _lead(lines: tuple[Line, ...]) -> str:
    return usual((line.lead for line in lines if line.kind == "option"), "    ")


def _prove(result: bytes, wanted: SslWant, where: str) -> None:
    """Read the result as MMM does, before it is shipped."""
    socket = read_conf(result, where).socket
    found = {name: value.text for name, value in socket.options.items()}
    if not socket.tls or any(found.get(name) != value for name, value in wanted.pairs()):
        raise refusal("MMM would not read the edited file as wanted", where, socket.line)
