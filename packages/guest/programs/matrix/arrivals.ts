import { Tally } from "./tally.ts";

/** So many of the last messages are told apart; more are never under way. */
const WINDOW: u32 = 1024;

/** Which messages have come, and in what order. */
@final
export class Arrivals {
  /** The message that is due: one more than the highest that has come. */
  expected: u32 = 0;
  delivered: u32 = 0;
  /** For each place in the window the number that came there last, plus one. */
  private readonly seen: StaticArray<u32> = new StaticArray<u32>(WINDOW);

  constructor(private readonly tally: Tally) {}

  take(number: u32, isRight: bool): void {
    if (!isRight) {
      this.tally.corrupted++;
      return;
    }
    const place = number % WINDOW;
    if (this.seen[place] === number + 1) {
      this.tally.duplicated++;
      return;
    }
    this.seen[place] = number + 1;
    if (number < this.expected) this.tally.reordered++;
    else this.expected = number + 1;
    this.delivered++;
    this.tally.delivered++;
  }
}
