"""A command is declared once: its class is enough for the parser, the dispatch and the document."""

from collections.abc import Iterator
from typing import Annotated, Any, get_type_hints

import pytest

from server.session.session import Outcome, Session
from server.wire.checks import Range, check_of
from server.wire.commands import COMMANDS, Ack, Command, Hello, parse_command
from tests.server.document import TEXT, undescribed
from tests.server.driving import Clock, refused

OF_THE_HUB = (Hello, Ack)
"""Commands that the hub carries out itself, without the session."""


def unhandled(session: type[Session]) -> list[type[Command]]:
    """The commands that no method `do_<type>` of a session takes."""
    return [
        command
        for command in COMMANDS.values()
        if command not in OF_THE_HUB and _taken(session, f"do_{command.type}") is not command
    ]


def _taken(session: type[Session], method: str) -> Any:
    """The class of the commands that a method takes; None if there is no such method."""
    handler = getattr(session, method, None)
    return None if handler is None else get_type_hints(handler).get("command")


def test_every_command_has_a_handler() -> None:
    assert unhandled(Session) == []


def test_every_handler_has_a_command() -> None:
    handlers = {name.removeprefix("do_") for name in vars(Session) if name.startswith("do_")}
    assert handlers == COMMANDS.keys() - {command.type for command in OF_THE_HUB}


# A command that only this file declares -----------------------------------------------------------


New = tuple[type[Any], type[Session]]
"""A class that declares a command, and a class of sessions that carry it out."""


@pytest.fixture
def new() -> Iterator[New]:
    class TellTwice(Command):
        """Return a number doubled."""

        number: Annotated[int, Range(0, 9)]
        loud: bool = False

    class Telling(Session):
        def do_tell_twice(self, command: TellTwice) -> Outcome:
            return Outcome({"twice": 2 * command.number})

    yield TellTwice, Telling
    del COMMANDS["tell_twice"]


def test_a_class_and_its_handler_are_all_that_a_command_needs(new: New) -> None:
    declared, session = new
    command = parse_command('{"id":3,"type":"tell_twice","number":4}')
    assert command == declared(id=3, number=4, loud=False)
    assert session(Clock(), Clock()).handle(command).answer == {"twice": 8}
    with refused("bad_value", "number", "10 is not a whole number in 0..9"):
        parse_command('{"id":3,"type":"tell_twice","number":10}')
    with refused("missing_field", "number"):
        parse_command('{"id":3,"type":"tell_twice"}')
    with refused("unknown_type", "type", "the nearest is 'tell_twice'"):
        parse_command('{"id":3,"type":"tel_twice"}')


def test_a_command_without_a_handler_is_found(new: New) -> None:
    declared, session = new
    assert unhandled(Session) == [declared]
    assert unhandled(session) == []


def test_a_command_without_a_description_is_found(new: New) -> None:
    declared, _ = new
    with pytest.raises(AssertionError, match="tell_twice"):
        undescribed(declared)
    described = "### `tell_twice`\n\n`number: whole number in 0..9`"
    assert undescribed(declared, f"{TEXT}{described}\n") == ["loud"]
    assert undescribed(declared, f"{TEXT}{described}, `loud: true or false = false`\n") == []


@pytest.mark.parametrize("hint", [int, float, str, tuple[int, ...], Annotated[str, Range(0, 1)]])
def test_a_field_that_does_not_say_its_check_is_an_error(hint: Any) -> None:
    with pytest.raises(TypeError, match="does not say how its values are checked"):
        check_of(hint)
