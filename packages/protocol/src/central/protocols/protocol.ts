import type { Timings } from "@nomad/base";
import type { Answer, Request, Unnumbered } from "../../message.ts";
import type { Phase } from "../../phase.ts";
import type { Directory } from "../directory.ts";
import type { Move } from "../move.ts";

export interface Ask {
  readonly to: string;
  readonly message: Unnumbered<Request>;
}

export interface StepContext {
  readonly directory: Directory;
  readonly generation: number;
  readonly timings: Timings;
  readonly now: number;
}

/** Whose answer it is, and when it has come. */
export interface Answered {
  readonly by: string;
  readonly now: number;
}

/** What central does in one phase. */
export interface Step {
  /** Who is asked what in this phase. */
  readonly ask: (move: Move, central: StepContext) => readonly Ask[];
  /** What an answer adds to the move. Throws NomadError when the move must not go on. */
  readonly take: (move: Move, answer: Answer, answered: Answered) => void;
  /** Whoever looks at the move is told of each answer, not of the last alone. */
  readonly tells?: true;
  /** The phase entered when all have answered. */
  readonly next: Phase;
  readonly timeoutMs: (t: Timings, move: Move) => number;
  /** The guest stands still from this request on. */
  readonly pauses?: true;
}

/** Which moves keep each other waiting, and when. */
export interface Claims {
  /** Phases in which nothing is asked without leave. */
  readonly needed: ReadonlySet<Phase>;
  /** The phase with which a move keeps nobody waiting any more. */
  readonly until: Phase;
  /** Has this move leave, among those under way? Of moves that wait for each other, one must have it. */
  readonly mayGoOn: (move: Move, active: Iterable<Move>) => boolean;
}

/**
 * How a running guest is brought to another host with its connections: which phases a move goes through, what is asked in
 * each, how it is undone (`aborting`), and what it must not do beside others. What is common to all protocols is not
 * here: the queue, the decision and its journal, and what the death of a participant means.
 */
export interface MigrationProtocol {
  readonly steps: Readonly<Partial<Record<Phase, Step>>>;
  readonly claims: Claims;
}
