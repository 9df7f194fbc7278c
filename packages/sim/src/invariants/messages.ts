import { must } from "../violation.ts";

interface Direction {
  readonly lengths: number[];
  delivered: number;
}

/** Invariant 1, from both ends of every connection: what is received is the next of what was sent, and intact. */
export class Messages {
  readonly #directions = new Map<string, Direction>();

  #direction(from: string, to: string): Direction {
    const key = `${from}>${to}`;
    const direction = this.#directions.get(key) ?? { lengths: [], delivered: 0 };
    this.#directions.set(key, direction);
    return direction;
  }

  /** Message `number` (from 0) was posted. */
  posted(from: string, to: string, number: number, length: number): void {
    const { lengths } = this.#direction(from, to);
    must(1, lengths.length === number, () => `${from} numbers its messages to ${to} one after another`);
    lengths.push(length);
  }

  /** A receive completed with a message that says to be this one; `intact`: it holds what it should. */
  delivered(from: string, to: string, number: number, length: number, intact: boolean): void {
    const direction = this.#direction(from, to);
    const next = direction.delivered;
    must(1, intact, () => `message ${next} from ${from} arrived at ${to} corrupted`);
    must(1, number >= next, () => `message ${number} from ${from} was delivered to ${to} twice`);
    must(1, number === next, () => `message ${number} from ${from} arrived at ${to} when ${next} was due`);
    const sent = direction.lengths[number];
    must(1, sent === length, () => `message ${number} from ${from}: ${sent} bytes were sent, ${length} came to ${to}`);
    direction.delivered++;
  }

  /** The end of the stream has come: all that was sent must have. */
  ended(from: string, to: string, sent: number): void {
    const { lengths, delivered } = this.#direction(from, to);
    must(1, lengths.length === sent && delivered === sent, () => `of ${sent} from ${from}, ${delivered} came to ${to}`);
  }

  /** Messages delivered between the two so far, in both directions. */
  deliveredBetween(a: string, b: string): number {
    return this.#direction(a, b).delivered + this.#direction(b, a).delivered;
  }

  /** Messages delivered so far. */
  get total(): number {
    let sum = 0;
    for (const direction of this.#directions.values()) sum += direction.delivered;
    return sum;
  }
}
