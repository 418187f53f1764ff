"""What a run was asked to do."""

import fcntl
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Settings:
    programs: Path
    quick: bool = False
    real_time: bool = False
    rounds: int = 5
    warm_seconds: float = 0.5
    window_seconds: float = 1.5
    connections: tuple = (1, 8, 64, 256, 1024, 4096)
    lock_file: Path | None = None
    # The programs of the commit to compare with.
    before: Path | None = None

    @property
    def versions(self):
        """Of the library itself: the present one, and that to compare with."""
        return ("sipher", "before") if self.before else ("sipher",)

    def versions_with(self, program):
        """Not each program compiles with each version to compare with."""
        return tuple(each for each in self.versions if each == "sipher" or self.program(program, each).exists())

    def program(self, name, version="sipher"):
        return (self.before if version == "before" else self.programs) / name

    @contextmanager
    def quiet_machine(self):
        """Whoever builds on the same machine and takes the lock as well does not disturb what is timed here."""
        if self.lock_file is None:
            yield
            return
        with self.lock_file.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def settings_of(arguments):
    settings = Settings(
        arguments.programs, quick=arguments.quick, real_time=arguments.real_time, lock_file=arguments.lock,
        before=arguments.before,
    )
    if arguments.quick:
        settings.rounds, settings.warm_seconds, settings.window_seconds = 2, 0.1, 0.2
        settings.connections = (1, 64, 1024)
    settings.rounds = arguments.rounds or settings.rounds
    settings.window_seconds = arguments.window or settings.window_seconds
    if arguments.connections:
        settings.connections = tuple(int(number) for number in arguments.connections.split(","))
    return settings
