import { crc32 } from "node:zlib";
import { type CapturedFrame, dissect, dissectionJson, dissectionText } from "@nomad/iba";

/** What was found in a capture. */
export interface DissectCounts {
  packets: number;
  /** Packets that cannot be dissected to their end, and frames that hold none. */
  faulty: number;
  /** Packets whose ICRC is wrong. */
  icrcBad: number;
}

/** One line for each frame, text or JSON; counts on the way. */
export class DissectLines {
  readonly counts: DissectCounts = { packets: 0, faulty: 0, icrcBad: 0 };
  readonly #json: boolean;

  constructor(json: boolean) {
    this.#json = json;
  }

  /** The lines without a last newline; empty for no frames. */
  text(frames: readonly CapturedFrame[]): string {
    return frames.map((frame) => this.#line(frame)).join("\n");
  }

  #line(frame: CapturedFrame): string {
    const dissection = dissect(frame, crc32);
    this.counts.packets++;
    if (dissection.fault !== null) this.counts.faulty++;
    if (dissection.icrc === "bad") this.counts.icrcBad++;
    return this.#json ? JSON.stringify(dissectionJson(frame, dissection)) : dissectionText(frame, dissection);
  }
}
