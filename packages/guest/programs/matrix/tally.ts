// What the guest has seen, as it reports it.
import { report } from "nomad/log";

@final
export class Tally {
  sent: u32 = 0;
  delivered: u32 = 0;
  lost: u32 = 0;
  duplicated: u32 = 0;
  reordered: u32 = 0;
  corrupted: u32 = 0;
  atomicsExpected: u64 = 0;
  atomicsActual: u64 = 0;
  /** Handles and keys that are still what they were. */
  handles: u32 = 0;
  /** "ok", or what went wrong first. */
  status: string = "ok";
  finished: bool = false;

  constructor(
    readonly name: string,
    readonly peer: string,
  ) {}

  fail(status: string): void {
    if (this.status === "ok") this.status = status;
  }

  get verified(): bool {
    const whole = this.duplicated === 0 && this.reordered === 0 && this.corrupted === 0;
    return this.finished && this.status === "ok" && whole && this.atomicsExpected === this.atomicsActual;
  }

  sendReport(): void {
    const counts =
      `"sent":${this.sent},"delivered":${this.delivered},"lost":${this.lost},"duplicated":${this.duplicated},` +
      `"reordered":${this.reordered},"corrupted":${this.corrupted},"bytes":0`;
    const connection = `{"peer":"${this.peer}","status":"${this.status}",${counts}}`;
    const atomics = `{"expected":${this.atomicsExpected},"actual":${this.atomicsActual}}`;
    const end = `"handles":${this.handles},"verified":${this.verified.toString()}`;
    report(`{"guest":"${this.name}","connections":[${connection}],"atomics":${atomics},${end}}`);
  }
}
