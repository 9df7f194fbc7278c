import type { Lid } from "@nomad/base";
import { expect, test } from "vitest";
import type { HostEntry } from "../schema.ts";
import { HostNews } from "./host-news.ts";

/** Hosts with names of a letter, that join one by one; what they are told after their WELCOME is kept. */
class Joining {
  readonly told: string[] = [];
  readonly #hosts: HostEntry[] = [];
  readonly #welcomed = new Set<string>();
  readonly news = new HostNews({
    heartbeatMs: 1000,
    entries: () => [...this.#hosts],
    audience: () => this.#welcomed,
    send: (to, hosts) => this.told.push(`${to}: ${hosts.map(({ name }) => name).join("")}`),
  });

  join(names: string, now: number): void {
    for (const name of names) {
      const lid = (this.#hosts.length + 1) as Lid;
      this.#hosts.push({ name, lid, url: `ws://${name}`, incarnation: `${name}-1`, lost: false });
      this.news.changed(now);
      this.#welcomed.add(name);
      this.news.welcome(name);
    }
  }
}

test("the first that joins is told of at once, those that follow closely in one message", () => {
  const lab = new Joining();
  lab.join("a", 0);
  lab.join("b", 1000);
  expect(lab.told).toEqual(["a: ab"]);
  lab.join("cde", 1010);
  expect(lab.told).toEqual(["a: ab"]);
  expect(lab.news.deadline()).toBe(1050);
  lab.news.tick(1049);
  lab.news.tick(1050);
  expect(lab.told.slice(1)).toEqual(["a: abcde", "b: abcde", "c: abcde", "d: abcde"]);
  expect(lab.news.deadline()).toBe(Number.POSITIVE_INFINITY);
});

test("a host that is about to be told anything else is told of the others first, and not again", () => {
  const lab = new Joining();
  lab.join("abc", 0);
  lab.news.before("a");
  lab.news.before("a");
  lab.news.before("c");
  expect(lab.told).toEqual(["a: abc"]);
  lab.news.tick(50);
  expect(lab.told).toEqual(["a: abc", "b: abc"]);
});
