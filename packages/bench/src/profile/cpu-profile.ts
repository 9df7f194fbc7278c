/** What V8 writes with `--cpu-prof`, as far as it is read here: https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    /** Lines from 0. */
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  /** Which node ran at each sample, and the time since the sample before, us. */
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** A function, and how long it ran itself. */
export interface SelfTime {
  readonly name: string;
  /** `packages/hca/src/requester.ts:120`; empty for what V8 does itself. */
  readonly place: string;
  readonly ms: number;
}

const idle = "(idle)";

/** How long each function ran, itself and not what it called; the longest first. Idle time is none. */
export function selfTimes({ nodes, samples, timeDeltas }: CpuProfile): SelfTime[] {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const times = new Map<string, SelfTime>();
  for (const [i, id] of samples.entries()) {
    const { functionName = "", url = "", lineNumber = 0 } = frames.get(id) ?? {};
    if (functionName === idle) continue;
    const place = url === "" ? "" : `${shortened(url)}:${lineNumber + 1}`;
    const key = `${functionName} ${place}`;
    const ms = (times.get(key)?.ms ?? 0) + (timeDeltas[i] ?? 0) / 1000;
    times.set(key, { name: functionName === "" ? "(anonymous)" : functionName, place, ms });
  }
  return [...times.values()].sort((a, b) => b.ms - a.ms);
}

/** From the packages' folder on, of our own files and of others'. */
const shortened = (url: string): string => /(?:packages|node_modules)\/(?!.*node_modules\/).*$/.exec(url)?.[0] ?? url;
