"""Plays a scenario: the caller's steps, and the operator's where there is a simulated one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from app.simulator import scenario as s
from app.simulator.operator import SimulatedOperator
from app.simulator.phone import CallFailed, SimulatedPhone
from app.speech.espeak import synthesise
from app.speech.sound import read_wav, to_pcm

OPERATOR_WITHIN_S = 90.0
TURN_WITHIN_S = 60.0
"""How long a caller without a simulated operator waits for the other side's turn."""
BETWEEN_TURNS_S = 0.4
END_WITHIN_S = 30.0


@dataclass(frozen=True)
class Played:
    """What came of a call. `ended_by_line` is whether the other side hung up."""

    answered_after_s: float
    lasted_s: float
    heard_s: float
    end_why: str


async def play(
    scenario: s.Scenario,
    caller: SimulatedPhone,
    address: str,
    *,
    operator: SimulatedOperator | None = None,
    tell: Callable[[str], None] = lambda _line: None,
) -> Played:
    """Call `address` and play the scenario to its end, or to the end of the call. CallFailed when nobody
    answers."""
    loop = asyncio.get_running_loop()
    dialled = loop.time()
    tell(f"calling {address} as {scenario.caller or 'anonymous'}")
    await caller.call(address)
    answered = loop.time()
    tell(f"the line answered after {answered - dialled:.2f} s")
    player = _Player(scenario, caller, operator, tell)
    try:
        await player.play()
    finally:
        caller.hang_up()
    return Played(answered - dialled, loop.time() - answered, caller.heard.seconds, caller.end_why)


class _Player:
    def __init__(
        self,
        scenario: s.Scenario,
        caller: SimulatedPhone,
        operator: SimulatedOperator | None,
        tell: Callable[[str], None],
    ) -> None:
        self._scenario = scenario
        self._caller = caller
        self._operator = operator
        self._tell = tell

    async def play(self) -> None:
        if self._operator is not None:
            await self._operator_joins(self._operator)
        for step in self._scenario.steps:
            if self._caller.ended.is_set():
                self._tell(f"the call has ended: {self._caller.end_why}")
                return
            await self._step(step)
        # What still comes (thanks, farewell) is heard to its end.
        try:
            await asyncio.wait_for(self._caller.ended.wait(), END_WITHIN_S)
            self._tell("the line has hung up")
        except TimeoutError:
            self._tell("the caller hangs up")

    async def _operator_joins(self, operator: SimulatedOperator) -> None:
        joined = asyncio.create_task(operator.phone.answered.wait())
        gone = asyncio.create_task(self._caller.ended.wait())
        done, waiting = await asyncio.wait(
            {joined, gone}, timeout=OPERATOR_WITHIN_S, return_when=asyncio.FIRST_COMPLETED
        )
        for task in waiting:
            task.cancel()
        if joined not in done:
            raise CallFailed("no operator answered")
        self._tell(f"the operator {operator.login} has answered")

    async def _step(self, step: s.Step) -> None:
        match step:
            case s.Say(who="caller"):
                await self._say(self._caller, step, step.text, self._scenario.caller_voice)
            case s.Say():
                await self._operator_says(step)
            case s.HangUp(who="caller"):
                self._tell("the caller hangs up")
                self._caller.hang_up()
            case s.HangUp():
                if self._operator is not None:
                    self._tell("the operator hangs up")
                    self._operator.phone.hang_up()
            case s.Command():
                if self._operator is not None:
                    self._tell(f"the operator's panel: {step.name}")
                    await self._operator.command(step.name, step.arguments)
            case s.Keys():
                self._tell(f"the caller presses {step.keys}")
                self._caller.press(step.keys)
            case s.Pause():
                await asyncio.sleep(step.seconds)
            case s.WaitForQuiet():
                await self._caller.wait_for_quiet(at_most_s=TURN_WITHIN_S)

    async def _operator_says(self, step: s.Say) -> None:
        if self._operator is None:
            self._tell("waiting for the operator to speak")
            await self._caller.wait_for_quiet(quiet_s=1.2, at_most_s=TURN_WITHIN_S)
            return
        text = await self._operator.read_phrase(step.stage) if step.stage else step.text
        await self._say(self._operator.phone, step, text, self._scenario.operator_voice)

    async def _say(self, phone: SimulatedPhone, step: s.Say, text: str, voice: s.Voice) -> None:
        if step.wav is not None:
            self._tell(f"{step.who}: {step.wav.name}")
            samples = await asyncio.to_thread(lambda: to_pcm(read_wav(step.wav)) if step.wav else b"")
        else:
            self._tell(f"{step.who}: {text}")
            samples = await asyncio.to_thread(
                synthesise, text, voice=voice.voice, rate=voice.rate, pitch=voice.pitch
            )
        await phone.say(samples)
        await asyncio.sleep(BETWEEN_TURNS_S)
