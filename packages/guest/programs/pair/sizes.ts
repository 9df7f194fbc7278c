// How long messages are: mostly small to middling, and regularly big, 1 MiB above all.
import { BIG, SMALL_MAX } from "./areas.ts";
import { Random } from "./random.ts";

/** Of so many messages of a kind one is big; and of the big ones every other has the full length. */
const BIG_EVERY: u32 = 128;

/** The sizes of one kind of message. */
@final
export class Sizes {
  private sinceBig: u32 = BIG_EVERY - 8;
  private bigs: u32 = 0;

  constructor(private readonly random: Random) {}

  /** A big one is due; it waits until it may be sent. */
  get bigIsDue(): bool {
    return this.sinceBig >= BIG_EVERY;
  }

  big(): u32 {
    this.sinceBig = 0;
    this.bigs++;
    return this.bigs % 2 === 1 ? BIG : this.random.between(SMALL_MAX + 1, BIG);
  }

  small(): u32 {
    this.sinceBig++;
    const kind = this.random.between(0, 9);
    if (kind < 3) return this.random.between(1, 64);
    return kind < 9 ? this.random.between(65, 4096) : this.random.between(4097, SMALL_MAX);
  }
}
