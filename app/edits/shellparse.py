"""Parse a POSIX shell file into the tree of `app.edits.shelltree`."""

from __future__ import annotations

import re
from dataclasses import replace

from app.edits.shelltext import NAME, Letter, Scanner, Source, Word, assigned_in, decoded
from app.edits.shelltokens import Token, Tokens
from app.edits.shelltree import Assign, Block, Command, Item, Node, Pipe, Script
from app.errors import EditError

_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\+?)=")
_ELEMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\[")
_CLOSERS = frozenset(("then", "else", "elif", "fi", "do", "done", "esac", "}"))
_FOREIGN = frozenset(("function", "select", "coproc", "]]"))
_SEPARATORS = frozenset((";", "&"))


def parse(source: Source) -> Script:
    """Read the whole file; raises EditError with the line where it is no POSIX shell."""
    parser = _Parser(source, 0)
    tokens = parser.tokens
    try:
        items = parser.items(frozenset())
    except RecursionError:
        raise source.refusal("what begins here is nested too deeply", tokens.at) from None
    parser.expect_end()
    return Script(
        items,
        tuple(tokens.here_documents),
        tuple(parser.returns),
        tuple(parser.broken),
        tokens.assigned,
    )


def assignment(word: Word) -> Assign | None:
    """Give what the word `NAME=value` before a command sets."""
    match = _ASSIGNMENT.match(word.bare)
    if match is None:
        return None
    parts = word.parts[match.end() :]
    last = word.parts[match.end() - 1]
    value = Word(last.end, word.end, parts)
    return Assign(match[1], word.start, value, more=bool(match[2]))


class _Parser:
    def __init__(self, source: Source, at: int) -> None:
        self.source = source
        self.returns: list[int] = []
        self.broken: list[int] = []
        self.tokens = Tokens(source, Scanner(source, self._inside, self._backquoted), at)

    def _returned(self, word: Word) -> None:
        """Take down carriage returns: in a value they are harmless to sh, elsewhere not."""
        found = [p.start for p in word.parts if isinstance(p, Letter) and p.text == "\r"]
        (self.returns if assignment(word) else self.broken).extend(found)

    def _inside(self, at: int) -> int:
        """Read the commands of a command substitution; give the position behind its `)`."""
        inner = _Parser(self.source, at)
        inner.items(frozenset())
        end = inner._operator(")", at)
        inner.tokens.finish()
        return end.end

    def _backquoted(self, commands: str, at: int) -> None:
        try:
            parse(replace(self.source, text=commands))
        except EditError as error:
            raise self.source.refusal(f"in backquotes: {error.text}", at) from None

    def expect_end(self) -> None:
        token = self.tokens.peek()
        if token.kind != "end":
            raise self._unexpected(token)
        self.tokens.finish()

    def items(self, closers: frozenset[str]) -> tuple[Item, ...]:
        """Read commands up to a closing word, a `)`, a `;;` or the end of the file."""
        found: list[Item] = []
        while True:
            self._newlines()
            token = self.tokens.peek()
            if token.kind == "end" or (token.kind == "operator" and token.text in (")", ";;")):
                return tuple(found)
            plain = token.word.plain if token.word else None
            if plain in _CLOSERS:
                if plain in closers:
                    return tuple(found)
                raise self._unexpected(token)
            found.append(self._item())

    def _body(self, *closers: str) -> tuple[Item, ...]:
        """Read the commands of a block, which cannot be empty."""
        found = self.items(frozenset(closers))
        if not found:
            raise self._unexpected(self.tokens.peek())
        return found

    def _item(self) -> Item:
        start = self.tokens.peek().start
        first = self._pipe()
        rest: list[tuple[str, Pipe]] = []
        while self.tokens.peek().text in ("&&", "||") and self.tokens.peek().kind == "operator":
            operator = self.tokens.take().text
            self._newlines()
            rest.append((operator, self._pipe()))
        end = self.tokens.at
        token = self.tokens.peek()
        background = False
        if token.kind == "operator" and token.text in _SEPARATORS:
            background = token.text == "&"
            if background and self.source.text.startswith(">", token.end):
                raise self.source.refusal("&> means different things to different shells", end)
            self.tokens.take()
        elif token.kind not in ("newline", "end") and token.text not in (")", ";;"):
            raise self._unexpected(token)
        return Item(start, end, first, tuple(rest), background)

    def _pipe(self) -> Pipe:
        negated = self._plain() == "!"
        if negated:
            self.tokens.take()
        nodes = [self._node()]
        while self.tokens.peek().kind == "operator" and self.tokens.peek().text == "|":
            self.tokens.take()
            self._newlines()
            nodes.append(self._node())
        return Pipe(tuple(nodes), negated)

    def _node(self) -> Node:
        token = self.tokens.peek()
        plain = self._plain()
        block = self._block(token, plain)
        if block is not None:
            while self.tokens.peek().kind == "redirection":
                self._redirection()
            return block
        if plain in _FOREIGN:
            raise self.source.refusal(f"only some shells know {plain!r}", token.start)
        if plain in _CLOSERS or plain == "!":
            raise self._unexpected(token)
        return self._simple()

    def _block(self, token: Token, plain: str | None) -> Block | None:
        if token.kind == "operator" and token.text == "(":
            return self._subshell()
        if plain == "{":
            self.tokens.take()
            body = self._body("}")
            self._word("}", token.start)
            return Block("group", token.start, self.tokens.at, body)
        if plain == "if":
            return self._if()
        if plain in ("while", "until"):
            return self._while()
        if plain == "for":
            return self._for()
        return self._case() if plain == "case" else None

    def _subshell(self) -> Block:
        start = self.tokens.take().start
        body = self._body()
        self._operator(")", start)
        return Block("subshell", start, self.tokens.at, body)

    def _if(self) -> Block:
        start = self.tokens.take().start
        first = self._body("then")
        asked: tuple[Item, ...] = ()
        ways: list[tuple[Item, ...]] = []
        while True:
            self._word("then", start)
            ways.append(asked + self._body("elif", "else", "fi"))
            if self._plain() != "elif":
                break
            self.tokens.take()
            asked += self._body("then")
        complete = self._plain() == "else"
        if complete:
            self.tokens.take()
            ways.append(asked + self._body("fi"))
        elif asked:
            ways.append(asked)
        self._word("fi", start)
        return Block("choice", start, self.tokens.at, first, tuple(ways), complete or bool(asked))

    def _while(self) -> Block:
        start = self.tokens.take().start
        asked = self._body("do")
        return self._loop(start, asked, "", ())

    def _for(self) -> Block:
        start = self.tokens.take().start
        name = self.tokens.take()
        words: list[Word] = []
        self._newlines()
        if self._plain() == "in":
            self.tokens.take()
            while self.tokens.peek().word is not None:
                words.append(self._take_word())
        if self.tokens.peek().text == ";" and self.tokens.peek().kind == "operator":
            self.tokens.take()
        self._newlines()
        plain = name.word.plain if name.word else None
        if plain is None:
            raise self._unexpected(name)
        return self._loop(start, (), plain, tuple(words))

    def _loop(
        self, start: int, asked: tuple[Item, ...], name: str, words: tuple[Word, ...]
    ) -> Block:
        self._word("do", start)
        body = self._body("done")
        self._word("done", start)
        return Block("loop", start, self.tokens.at, asked, (body + asked,), name=name, words=words)

    def _case(self) -> Block:
        start = self.tokens.take().start
        asked = self._take_word()
        self._newlines()
        self._word("in", start)
        ways: list[tuple[Item, ...]] = []
        complete = False
        self._newlines()
        while self._plain() != "esac":
            complete |= self._patterns() == ["*"]
            ways.append(self.items(frozenset(("esac",))))
            if self.tokens.peek().text != ";;":
                break
            self.tokens.take()
            self._newlines()
        self._word("esac", start)
        end = self.tokens.at
        return Block("choice", start, end, (), tuple(ways), complete, words=(asked,))

    def _patterns(self) -> list[str | None]:
        if self.tokens.peek().text == "(":
            self.tokens.take()
        found = [self._take_word().plain]
        while self.tokens.peek().text == "|":
            self.tokens.take()
            found.append(self._take_word().plain)
        self._operator(")", self.tokens.at)
        return found

    def _simple(self) -> Node:
        begin = token = self.tokens.peek()
        assigns: list[Assign] = []
        words: list[Word] = []
        targets: list[Word] = []
        while token.kind in ("word", "redirection"):
            if token.word is None:
                targets.append(self._redirection())
            elif not words and _ELEMENT.match(token.word.bare):
                raise self.source.refusal("only some shells know arrays", token.start)
            elif words or not (assigned := assignment(token.word)):
                words.append(self._take_word())
            else:
                assigns.append(assigned)
                self._take_word()
            token = self.tokens.peek()
        if token.text == "(" and len(words) == 1 and not assigns and not targets:
            return self._function(begin.start, words[0])
        if token is begin:
            raise self._unexpected(token)
        plain = [word.plain for word in words]
        if plain[:1] == ["[["] and (plain[-1] != "]]" or plain.count("]]") > 1):
            raise self.source.refusal("only some shells know '[['", begin.start)
        too = assigned_in([part for target in targets for part in target.parts])
        end = self.tokens.at
        return Command(begin.start, end, tuple(assigns), tuple(words), bool(targets), too)

    def _function(self, start: int, name: Word) -> Block:
        self.tokens.take()
        self._operator(")", start)
        self._newlines()
        body = self._node()
        if not NAME.fullmatch(name.plain or "") or not isinstance(body, Block):
            raise self.source.refusal("this function cannot be read", start)
        item = Item(body.start, body.end, Pipe((body,)))
        return Block("function", start, self.tokens.at, (item,), name=name.plain or "")

    def _redirection(self) -> Word:
        operator = self.tokens.take()
        word = self._take_word()
        if operator.text.startswith("<<"):
            self.tokens.here_document(operator, word)
            return Word(word.start, word.end, ())
        return word

    def _take_word(self) -> Word:
        token = self.tokens.take()
        if token.word is None:
            raise self._unexpected(token)
        self._returned(token.word)
        return token.word

    def _word(self, text: str, start: int) -> None:
        token = self.tokens.take()
        if token.word is None or token.word.plain != text:
            if token.kind == "end":
                raise self.source.refusal(f"{text!r} is missing to end what begins here", start)
            raise self._unexpected(token)

    def _operator(self, text: str, start: int) -> Token:
        token = self.tokens.take()
        if token.kind != "operator" or token.text != text:
            if token.kind == "end":
                raise self.source.refusal(f"{text!r} is missing to end what begins here", start)
            raise self._unexpected(token)
        return token

    def _newlines(self) -> None:
        while self.tokens.peek().kind == "newline":
            self.tokens.take()

    def _plain(self) -> str | None:
        word = self.tokens.peek().word
        return word.plain if word else None

    def _unexpected(self, token: Token) -> EditError:
        what = "the end of the file" if token.kind == "end" else repr(decoded(token.text[:40]))
        if token.kind == "newline":
            what = "a line end"
        return self.source.refusal(f"sh does not expect {what} here", token.start)
