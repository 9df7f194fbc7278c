import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ofLab } from "@nomad/wire/testing";
import { expect, test } from "vitest";
import { tlsFiles, tlsIdentity } from "./tls-files.ts";

const folder = mkdtempSync(join(tmpdir(), "nomad-tls-"));
const written = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const files = {
  cert: written("cert.pem", ofLab.cert),
  key: written("key.pem", ofLab.key),
  ca: written("ca.pem", ofLab.ca),
};

test("without a file there is no TLS; with all three they are read, flags before the environment", () => {
  const environment = { NOMAD_TLS_CERT: files.cert, NOMAD_TLS_KEY: "elsewhere", NOMAD_TLS_CA: files.ca };
  expect(tlsIdentity(tlsFiles({ environment: {} }, { verbose: 0 }))).toBeUndefined();
  expect(tlsIdentity(tlsFiles({ environment }, { verbose: 0, tlsKey: files.key }))).toEqual(ofLab);
});

test.each([
  ["one of the three", { ...files, key: undefined }],
  ["a file that is not there", { ...files, ca: join(folder, "nowhere.pem") }],
  ["a file of something else", { ...files, cert: written("cert.txt", "a certificate") }],
])("%s is E_CONFIG", (_what, named) => {
  expect(() => tlsIdentity(named)).toThrow(expect.objectContaining({ code: "E_CONFIG" }));
});
