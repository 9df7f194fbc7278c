// What is to be measured, as the arguments say it.
import { QPT_RC, QPT_UC, QPT_UD } from "nomad/abi";
import { argument, numberArgument } from "nomad/arguments";

@final
export class Test {
  readonly kind: string = argument("kind", "ping-pong");
  readonly operation: string = argument("operation", "send");
  readonly transport: u32 = transportOf(argument("transport", "RC"));
  readonly window: u32 = <u32>numberArgument("window", 64);
  readonly bidirectional: bool = numberArgument("bidirectional", 0) !== 0;
  readonly leads: bool = numberArgument("rank", 0) === 0;

  /** Messages of a stream for which the receiver gives credit at a time; 0 where completions tell what has arrived. */
  get creditEvery(): u32 {
    if (this.kind !== "stream" || this.transport === QPT_RC) return 0;
    return max<u32>(1, this.window / 4);
  }
}

@final
export class Case {
  constructor(
    readonly bytes: u32,
    readonly messages: u32,
    /** By the adapter's own names, in place of the guest's. */
    readonly physical: bool,
  ) {}

  static list(text: string): Case[] {
    const list: Case[] = [];
    const parts = text.split(",");
    for (let i = 0; i < parts.length; i++) {
      const fields = parts[i].split(":");
      list.push(new Case(U32.parseInt(fields[0]), U32.parseInt(fields[1]), fields[2] === "physical"));
    }
    return list;
  }
}

function transportOf(name: string): u32 {
  if (name === "UC") return QPT_UC;
  return name === "UD" ? QPT_UD : QPT_RC;
}
