/** A test of ours that shows what a name is about. */
export interface Title {
  readonly name: string;
  readonly sentence: string;
  /** Of the test, in test/conformance. */
  readonly file: string;
  /** It needs virtual time, and so the wire in memory. */
  readonly virtual: boolean;
}

const titlePattern = /(?:\b(\w+)\(\s*)?(["`])(\w+Tests?\.\w+): (.+?)\2/g;

/** The titles in a source: strings of the form "Group.Name: a sentence". */
export function titlesIn(file: string, source: string): Title[] {
  return [...source.matchAll(titlePattern)].map(([, callee, , name = "", sentence = ""]) => {
    return { name, sentence, file, virtual: callee === "virtualTest" };
  });
}
