import { expect, test } from "vitest";
import { table } from "./table.ts";

const columns = [
  { title: "guest", cell: (row: { name: string; pages: number }) => row.name },
  { title: "pages", align: "right" as const, cell: (row: { name: string; pages: number }) => String(row.pages) },
];

test("columns are as wide as their widest cell, words left and numbers right", () => {
  const rows = [
    { name: "al", pages: 7 },
    { name: "barbara", pages: 123_456 },
  ];
  expect(table(columns, rows)).toBe(["GUEST     PAGES", "al            7", "barbara  123456"].join("\n"));
});

test("a table without rows says that there are none", () => {
  expect(table(columns, [])).toBe("GUEST  PAGES\n(none)");
});

test("emphasis does not disturb the widths", () => {
  const rows = [{ name: "alice", pages: 1 }];
  expect(table(columns, rows, (text) => `<${text}>`)).toBe("<GUEST  PAGES>\nalice      1");
});
