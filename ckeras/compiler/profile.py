"""Times of the instructions of a plan, as a table."""

from collections.abc import Sequence

from ckeras.compiler.builder import Instruction


class Profile:
    """Seconds, flops and bytes of each instruction of a plan; prints itself as a table."""

    def __init__(self, instructions: Sequence[Instruction], seconds: Sequence[float]):
        self.instructions = instructions
        self.seconds = seconds

    def __str__(self) -> str:
        total = sum(self.seconds) or 1e-12
        lines = [f"{'':>4}  {'kernel':<26} {'us':>9} {'share':>6} {'GF/s':>8} {'GB/s':>8} {'bytes':>13}  shapes, ops"]
        for number, (i, t) in enumerate(zip(self.instructions, self.seconds, strict=True)):
            shapes = " ".join("x".join(map(str, s)) or "()" for s in i.shapes)
            t = max(t, 1e-9)
            lines.append(
                f"{number:4d}  {i.name:<26} {t * 1e6:9.2f} {t / total:6.1%} {i.flops / t / 1e9:8.1f} "
                f"{i.bytes / t / 1e9:8.1f} {i.bytes:13,}  {shapes}  {i.label}"
            )
        flops, moved = sum(i.flops for i in self.instructions), sum(i.bytes for i in self.instructions)
        lines.append(
            f"{'':>4}  {'total':<26} {total * 1e6:9.2f} {1:6.1%} {flops / total / 1e9:8.1f} "
            f"{moved / total / 1e9:8.1f} {moved:13,}"
        )
        return "\n".join(lines)
