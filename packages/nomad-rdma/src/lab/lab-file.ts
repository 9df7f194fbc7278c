import { NomadError } from "@nomad/base";
import { everyHost, name, parsePartitions } from "@nomad/protocol/http";
import stripJsonComments from "strip-json-comments";
import * as z from "zod";
import { hostNames } from "./host-names.ts";

/** The name that `lab up` looks for. */
export const labFileName = "nomad.lab.json";
const hostsMax = 64;

const guest = z
  .strictObject({
    name: name.describe("the guest's name, unique in the lab"),
    image: z.string().min(1).describe("a name among the built images, such as `pair`"),
    host: name.optional().describe("where it starts; central chooses when it is left out"),
    arguments: z.record(z.string(), z.string()).default({}).describe("handed to the guest's program"),
  })
  .describe("a guest to start");

const labFileShape = z.strictObject({
  $schema: z.string().optional(),
  name: name.default("lab").describe("the lab's name"),
  hosts: z
    .union([z.int().min(1).max(hostsMax), z.array(z.strictObject({ name })).min(1).max(hostsMax)])
    .default(3)
    .describe("how many hosts (then named host-a, host-b, ...), or the hosts by name"),
  movesPerHost: z.int().min(1).max(1000).optional().describe("moves under way from or to one host; more wait"),
  partitions: z
    .array(z.string())
    .default([])
    .describe("the subnet's partitions, each as `central --partition` takes it: blue=0x8001:host-a,host-b=limited"),
  guests: z.array(guest).default([]).describe("guests that start with the lab"),
});

/** A lab as its file describes it, with every host by name. */
export interface LabFile {
  readonly name: string;
  readonly hosts: readonly string[];
  readonly movesPerHost?: number | undefined;
  readonly guests: readonly z.infer<typeof guest>[];
  readonly partitions: readonly string[];
}

/** The JSON Schema of a lab file, for editors. */
export function labFileJsonSchema(): object {
  return z.toJSONSchema(labFileShape, { io: "input", target: "draft-07" });
}

/** Reads a lab file: JSON with comments. Fails with E_CONFIG; the message names the file and every field that is wrong. */
export function parseLabFile(text: string, path: string): LabFile {
  const result = labFileShape.safeParse(parseJson(text, path));
  if (!result.success) throw invalid(path, result.error.issues.map(issueText));
  const { data } = result;
  const hosts = typeof data.hosts === "number" ? hostNames(data.hosts) : data.hosts.map((host) => host.name);
  const { name: labName, movesPerHost, guests, partitions } = data;
  const lab = { name: labName, hosts, movesPerHost, guests, partitions };
  const problems = inconsistencies(lab);
  if (problems.length > 0) throw invalid(path, problems);
  return lab;
}

/** What a schema cannot say: names are unique, and guests start on hosts that are there. */
function inconsistencies(lab: LabFile): string[] {
  const problems: string[] = [];
  const once = (kind: string, names: readonly string[]): void =>
    names.forEach((item, i) => {
      if (names.indexOf(item) !== i) problems.push(`${kind}[${i}].name: ${JSON.stringify(item)} is there twice`);
    });
  once("hosts", lab.hosts);
  once(
    "guests",
    lab.guests.map((item) => item.name),
  );
  lab.guests.forEach((item, i) => {
    if (item.host !== undefined && !lab.hosts.includes(item.host)) {
      const known = lab.hosts.join(", ");
      problems.push(`guests[${i}].host: no host ${JSON.stringify(item.host)}; the hosts are ${known}`);
    }
  });
  return [...problems, ...wrongPartitions(lab)];
}

function wrongPartitions({ partitions, hosts }: LabFile): string[] {
  try {
    const members = parsePartitions(partitions).flatMap((each) => Object.keys(each.members));
    const unknown = members.filter((member) => member !== everyHost && !hosts.includes(member));
    return unknown.map((member) => `partitions: no host ${JSON.stringify(member)}; the hosts are ${hosts.join(", ")}`);
  } catch (error) {
    if (!(error instanceof NomadError)) throw error;
    return [`partitions: ${error.message}`];
  }
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(stripJsonComments(text));
  } catch (error) {
    throw invalid(path, [error instanceof Error ? error.message : String(error)], error);
  }
}

function invalid(path: string, problems: readonly string[], cause?: unknown): NomadError {
  return new NomadError("E_CONFIG", `${path}: ${problems.join("; ")}`, { cause });
}

function issueText(issue: z.core.$ZodIssue): string {
  const field = z.core.toDotPath(issue.path);
  return field === "" ? issue.message : `${field}: ${issue.message}`;
}
