import { expect, test } from "vitest";
import { httpUrl, labUrl, secretFile } from "./lab-address.ts";

const none = { flag: undefined, environment: undefined, found: undefined };

test("a flag comes before the environment, the environment before the lab that was found, that before the default", () => {
  const all = { flag: "http://flag:1", environment: "http://environment:2", found: "http://found:3" };
  expect(labUrl(all)).toBe("http://flag:1");
  expect(labUrl({ ...all, flag: undefined })).toBe("http://environment:2");
  expect(labUrl({ ...none, found: all.found })).toBe("http://found:3");
  expect(labUrl(none)).toBe("http://127.0.0.1:4790");
});

test("an empty variable counts as none", () => {
  expect(labUrl({ ...none, environment: "", found: "http://found:3" })).toBe("http://found:3");
  expect(secretFile({ flag: undefined, environment: "", found: ".nomad/secret" })).toBe(".nomad/secret");
});

test.each([
  ["ws://10.0.0.1:4790/", "http://10.0.0.1:4790"],
  ["wss://lab.example", "https://lab.example"],
  ["127.0.0.1:4791", "http://127.0.0.1:4791"],
  ["http://lab/under/a/path/", "http://lab/under/a/path"],
])("%s is the lab at %s", (text, url) => {
  expect(httpUrl(text)).toBe(url);
});

test.each(["ftp://lab", "http://", "::", ""])("%j is refused as a usage error", (text) => {
  expect(() => httpUrl(text)).toThrow(expect.objectContaining({ code: "E_USAGE" }));
});
