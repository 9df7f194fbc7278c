import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { hostNames } from "./host-names.ts";
import { labFileJsonSchema, parseLabFile } from "./lab-file.ts";
import { labFileTemplate } from "./lab-file-template.ts";

const path = "nomad.lab.json";
const parse = (value: unknown) => parseLabFile(JSON.stringify(value), path);

test("a number of hosts gives them names one can guess", () => {
  expect(parse({ hosts: 2 }).hosts).toEqual(["host-a", "host-b"]);
  expect(hostNames(28).slice(24)).toEqual(["host-y", "host-z", "host-aa", "host-ab"]);
});

test("an empty file is a lab of three hosts", () => {
  expect(parse({})).toEqual({ name: "lab", hosts: ["host-a", "host-b", "host-c"], guests: [], partitions: [] });
});

test("hosts and guests are taken by name", () => {
  const guest = { name: "alice", image: "pair", host: "left", arguments: { role: "a" } };
  const lab = parse({
    $schema: "./x.json",
    name: "two",
    hosts: [{ name: "left" }, { name: "right" }],
    guests: [guest],
    partitions: ["blue=0x8001:left,right=limited"],
  });
  const partitions = ["blue=0x8001:left,right=limited"];
  expect(lab).toEqual({ name: "two", hosts: ["left", "right"], guests: [guest], partitions });
});

test("comments are no part of a lab file, and the template is one", () => {
  expect(parseLabFile('{ "hosts": 2 /* two */ } // of them', path).hosts).toHaveLength(2);
  const lab = parseLabFile(labFileTemplate("x.json"), path);
  expect(lab).toMatchObject({ name: "my-lab", hosts: hostNames(3) });
  expect(lab.guests.map(({ arguments: { peer } }) => peer)).toEqual(["bob", "alice"]);
});

test.each([
  ["a wrong type", { guests: [{ name: "alice", image: 7 }] }, "guests[0].image"],
  ["a field nobody knows", { gests: [] }, "gests"],
  ["a bad name", { hosts: [{ name: "Host A" }] }, "hosts"],
  ["no hosts at all", { hosts: 0 }, "hosts"],
  ["a guest twice", { guests: [1, 2].map(() => ({ name: "alice", image: "pair" })) }, "guests[1].name"],
  ["a host twice", { hosts: [{ name: "a" }, { name: "a" }] }, "hosts[1].name"],
  ["a partition that is none", { partitions: ["blue"] }, "partitions"],
  ["a member that is not there", { hosts: 1, partitions: ["blue=1:host-b"] }, "partitions: no host"],
  ["a host that is not there", { hosts: 1, guests: [{ name: "x", image: "pair", host: "host-b" }] }, "guests[0].host"],
])("%s is refused, and the message names the file and the field", (_what, value, field) => {
  expect(() => parse(value)).toThrow(
    expect.objectContaining({
      code: "E_CONFIG",
      message: expect.stringMatching(new RegExp(`^${path}: .*${escaped(field)}`)),
    }),
  );
});

test("what is not JSON is refused with the place of the error", () => {
  expect(() => parseLabFile('{"hosts": 3,}', path)).toThrow(
    expect.objectContaining({ code: "E_CONFIG", message: expect.stringContaining("position 12") }),
  );
});

test("the JSON Schema for editors is the one in use", () => {
  const written = readFileSync(new URL("../../nomad.lab.schema.json", import.meta.url), "utf8");
  expect(JSON.parse(written), "run `npm run schema -w nomad-rdma`").toEqual(labFileJsonSchema());
});

function escaped(text: string): string {
  return text.replace(/[[\].]/g, "\\$&");
}
