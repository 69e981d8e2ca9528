"""Read rabbitmq-env.conf without running it."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.edits.rabbitmq.envfile import CTL, SERVER, Counting, EnvFile, counting, load
from app.edits.rabbitmq.envflags import SSL_PATH, erl_words, find_tls
from app.edits.rabbitmq.envmodel import EnvView
from app.edits.shelltext import decoded
from app.edits.shellvalue import Value
from app.errors import EditError
from app.quoting import calm

_HINT = "correct the line: RabbitMQ's scripts read this file with sh"
_YES = frozenset(("1", "yes", "true"))


def read_env(data: bytes, where: str) -> EnvView:
    """Give what the file says to RabbitMQ; see `EnvView` for what cannot be known.

    Raises EditError with the line where the file is no shell script.
    """
    file = load(data.decode("latin-1"), where, _HINT)
    reader = _Reader(file)
    server, ctl = reader.flags(SERVER), reader.flags(CTL)
    long_names = reader.text("USE_LONGNAME").strip().lower() in _YES
    return EnvView(
        server=server.words,
        ctl=ctl.words,
        node_name=reader.text("NODENAME"),
        long_names=long_names,
        config_file=reader.text("CONFIG_FILE"),
        advanced_file=reader.text("ADVANCED_CONFIG_FILE"),
        ssl_path=reader.own(SSL_PATH),
        proto_dist=server.one("-proto_dist"),
        optfile=server.one("-ssl_dist_optfile"),
        dist_options=server.values.get("-ssl_dist_opt", ()),
        ctl_proto_dist=ctl.one("-proto_dist"),
        ctl_optfile=ctl.one("-ssl_dist_optfile"),
        ctl_dist_options=ctl.values.get("-ssl_dist_opt", ()),
        own_tls=server.tls,
        server_name=server.name,
        ctl_name=ctl.name,
        server_line=server.line,
        ctl_line=ctl.line,
        unknown=tuple(reader.doubts),
        doubts=tuple(reader.doubts.values()),
    )


@dataclass(frozen=True, slots=True)
class _Flags:
    """One variable with arguments of `erl`: its words, its name, and its TLS flags' values."""

    words: tuple[str, ...] = ()
    name: str = ""
    line: int = 0
    values: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def tls(self) -> bool:
        wide = self.one("-proto_dist").endswith("_tls")
        return wide or any(flag.startswith("-ssl_dist") for flag in self.values)

    def one(self, flag: str) -> str:
        return " ".join(self.values.get(flag, ()))


class _Reader:
    """Read variables of one file, and collect what cannot be known of them."""

    def __init__(self, file: EnvFile) -> None:
        self._file = file
        self.doubts: dict[str, str] = {}

    def flags(self, plain: str) -> _Flags:
        target = self._counting(plain)
        if target is None or target.value is None:
            return _Flags()
        words = erl_words(target.value)
        shown = tuple(decoded(word.text) for word in words)
        line = self._file.source.line(target.value.at)
        try:
            found = find_tls(words, self._file.source).values
        except EditError as error:
            self._doubt(plain, error)
            found = {}
        values = {flag: tuple(map(decoded, texts)) for flag, texts in found.items()}
        return _Flags(shown, target.name, line, values)

    def text(self, plain: str) -> str:
        """Give a variable that RabbitMQ takes with or without its prefix."""
        target = self._counting(plain)
        return decoded(target.value.shown) if target and target.value else ""

    def own(self, name: str) -> str:
        """Give a variable that only the file itself uses."""
        value = self._file.shell.value(name)
        if value is None:
            return ""
        self._unknown(name, value)
        return decoded(value.shown)

    def _counting(self, plain: str) -> Counting | None:
        try:
            target = counting(self._file, plain)
        except EditError as error:
            self._doubt(plain, error)
            return None
        if target.value is not None:
            self._unknown(plain, target.value)
        return target

    def _unknown(self, plain: str, value: Value) -> None:
        line = self._file.source.line(value.at)
        if value.lost is not None:
            line = self._file.source.line(value.lost.at)
            self.doubts[plain] = f"line {line}: {plain} {value.lost.why}"
        elif not value.known:
            raw = next(atom.raw for atom in value.atoms if not atom.text)
            why = f"only a running shell knows what {decoded(raw[:80])} brings into {plain}"
            self.doubts[plain] = calm(f"line {line}: {why}")

    def _doubt(self, plain: str, error: EditError) -> None:
        self.doubts[plain] = calm(f"line {error.line}: {error.text}")
