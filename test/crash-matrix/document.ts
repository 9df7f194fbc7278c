import { markdownTable } from "../kit/markdown-table.ts";
import { type Cell, cells, endings, faults, type Participant, participants, phases, sights } from "./outcomes.ts";

const head = `# What comes of a fault, in each phase of a move

Made from \`test/crash-matrix/outcomes.ts\` by \`npm run crash-matrix -- --document\`; do not edit. The bounds hold for the labs of the crash matrix,
which declare a host dead after 2.5 s; with the defaults add 3 s. What is delivered is never lost, doubled, reordered or changed, and no guest
runs twice. \`npm run crash-matrix\` places each of these faults into a lab of real processes:
\`npm run crash-matrix -- --cell source/stopped/kill\` one of them.

A _process_ is killed (central is started again at once), stopped, or cut off from everybody: a host for longer than it takes to declare it dead,
central for less. A _link_ is cut for a second, both ways or one way; pages (bulk) until the move has ended. \`peer\` is the host of the
guest that the moving one talks to, \`wire\` the link to it, \`control\` the connections to central.
`;

const columns = ["phase", "the guest", "programs see", "within"];

function tableOf(participant: Participant): string {
  const own = cells.filter((cell) => cell.participant === participant);
  const groups = new Map<string, Cell["fault"][]>();
  for (const fault of Object.keys(faults) as Cell["fault"][]) {
    const rows = rowsOf(own.filter((cell) => cell.fault === fault));
    if (rows !== "") groups.set(rows, [...(groups.get(rows) ?? []), fault]);
  }
  const tables = [...groups].map(([rows, names]) => `${names.join(", ")}:\n\n${rows}`);
  return `## ${participant} (${participants[participant]})\n\n${tables.join("\n\n")}\n`;
}

/** One row for each run of phases with one outcome. */
function rowsOf(own: readonly Cell[]): string {
  if (own.length === 0) return "";
  const rows: { phases: string[]; rest: string[] }[] = [];
  for (const phase of phases) {
    const cell = own.find((candidate) => candidate.phase === phase);
    if (!cell) continue;
    const { ending, sees, boundMs } = cell.expected;
    const rest = [endings[ending], sights[sees], `${boundMs / 1000} s`];
    const last = rows.at(-1);
    if (last?.rest.join() === rest.join()) last.phases.push(phase);
    else rows.push({ phases: [phase], rest });
  }
  return markdownTable(
    columns,
    rows.map(({ phases: names, rest }) => [names.join(", "), ...rest]),
  );
}

/** docs/outcomes.md. */
export function outcomesDocument(): string {
  return `${head}\n${(Object.keys(participants) as Participant[]).map(tableOf).join("\n")}`;
}
