import type { Page } from "playwright-core";
import { NomadCommand } from "../kit/nomad-command.ts";
import type { RunningLab } from "../kit/running-lab.ts";

/** What a step has at hand. */
export interface Scene {
  readonly page: Page;
  readonly lab: RunningLab;
  /** Takes a picture of the page as it is. */
  readonly picture: (name: string) => Promise<void>;
  /** Ends when the story has ended. */
  readonly begun: AsyncDisposableStack;
}

/** One thing that a person does, and then sees. It fails by throwing. */
export interface Step {
  readonly name: string;
  readonly act: (scene: Scene) => Promise<void>;
}

const guestOn = (guest: string, host: string) => `[data-host="${host}"] [data-guest="${guest}"]`;
/** Central's, in the lab's directory: what it writes there is shown by the next central. */
export const journal = "journal.db";
const ended = (outcome: string) => `.move.${outcome}`;

/** The process of a host, or of central, that runs in this lab. */
function pidOf({ workspace }: RunningLab, who: string): number {
  const found =
    who === "central" ? workspace.daemons().find((d) => / central /.test(d.commandLine)) : workspace.host(who);
  if (!found) throw new Error(`${who} does not run`);
  return found.pid;
}

export const story: readonly Step[] = [
  {
    name: "a link opens the dashboard: hosts, guests and their traffic are there",
    act: async ({ page, lab, picture }) => {
      await page.goto(await lab.client.loginLink());
      await page.waitForSelector(guestOn("alice", "host-a"));
      await page.waitForSelector(guestOn("bob", "host-b"));
      await page
        .locator("header")
        .filter({ hasText: /\d (Ki|Mi|Gi)B\/s/ })
        .waitFor();
      await picture("lab");
    },
  },
  {
    name: "a guest that is dragged to another host moves there, and the move is shown as it goes",
    act: async ({ page, picture }) => {
      await page.dragAndDrop('[data-guest="alice"]', '[data-host="host-c"]');
      await page
        .locator(".move.under-way")
        .filter({ hasText: /precopy/ })
        .waitFor();
      await picture("move-under-way");
      await page.waitForSelector(guestOn("alice", "host-c"));
      await page.waitForSelector(ended("released"));
      await picture("move-ended");
    },
  },
  {
    name: "what is known of a move is there for who opens it",
    act: async ({ page, picture }) => {
      await page.click(".move.released summary");
      await page.locator(".move.released .facts").filter({ hasText: "the same at both ends" }).waitFor();
      await page.waitForSelector(".move.released .move-chart canvas");
      await page.locator(".moves").scrollIntoViewIfNeeded();
      await picture("move-opened");
    },
  },
  {
    name: "packets of a guest are watched through a move of it: what passed around each moment stays",
    act: async ({ page, picture }) => {
      await page.selectOption('select[name="packets-of"]', "alice");
      await page.click('.packets button:text("Watch")');
      await page.waitForSelector(".packets tr.packet");
      await page.dragAndDrop('[data-guest="alice"]', '[data-host="host-b"]');
      await page.waitForSelector(guestOn("alice", "host-b"));
      await page.locator(".packets tr.mark").filter({ hasText: "released" }).waitFor();
      await page.waitForSelector('.packets button:text("Watch")');
      await page.locator(".packets .traffic-chart").scrollIntoViewIfNeeded();
      await picture("packet-chart");
      await page
        .locator(".packets tr.mark")
        .filter({ hasText: /stopped/ })
        .evaluate((row) => row.scrollIntoView({ block: "center" }));
      await picture("packets");
      await page.evaluate("scrollTo(0, 0)");
    },
  },
  {
    name: "a guest is moved by keyboard alone",
    act: async ({ page }) => {
      await page.focus('[data-guest="bob"]');
      await page.keyboard.press("Enter");
      await page.focus('[data-host="host-a"] > button');
      await page.keyboard.press("Enter");
      await page.waitForSelector(guestOn("bob", "host-a"));
    },
  },
  {
    name: "packets around a move that nobody watched are remembered, and those of one queue pair can be shown alone",
    act: async ({ page, picture }) => {
      await page.waitForSelector(".move.under-way", { state: "detached" });
      await page.locator(".move.released").first().locator('button:text("Packets")').click();
      await page.waitForSelector('section[aria-label="Packets of bob"] tr.mark:has-text("stopped")');
      await page.selectOption('select[name="packets-qp"]', "1");
      await page.waitForSelector('section[aria-label="Packets of bob"] tr.packet:has-text("bob QP 1 >")');
      await page.waitForSelector('.packets button:text("Watch")');
      await picture("packets-remembered");
      await page.evaluate("scrollTo(0, 0)");
    },
  },
  {
    name: "a fault is applied, hits packets, and is lifted",
    act: async ({ page, picture }) => {
      await page.selectOption('select[name="kind"]', "drop");
      await page.fill('input[name="percent"]', "1");
      await page.fill('input[name="seconds"]', "600");
      await page.click('.faults button[type="submit"]');
      await page
        .locator("[data-fault]")
        .filter({ hasText: /: [1-9]\d* hit/ })
        .waitFor();
      await picture("fault");
      await page.click("[data-fault] button");
      await page.waitForSelector("[data-fault]", { state: "detached" });
    },
  },
  {
    name: "a host is evacuated: its guests go elsewhere",
    act: async ({ page }) => {
      await page.click('[data-host="host-b"] button:text("Evacuate")');
      await page.waitForSelector('[data-host="host-b"] [data-guest]', { state: "detached" });
      await page.waitForSelector(".move.under-way", { state: "detached" });
    },
  },
  {
    name: "the same in the dark, and on a telephone",
    act: async ({ page, picture }) => {
      await page.emulateMedia({ colorScheme: "dark" });
      await picture("dark");
      await page.setViewportSize({ width: 390, height: 844 });
      const wide = await page.evaluate<number>("document.documentElement.scrollWidth");
      if (wide > 390) throw new Error(`the page is ${wide} pixels wide on a screen of 390`);
      await picture("narrow");
      await page.emulateMedia({ colorScheme: "light" });
      await page.setViewportSize({ width: 1280, height: 800 });
    },
  },
  {
    name: "a host that is killed is reported",
    act: async ({ page, lab, picture }) => {
      process.kill(pidOf(lab, "host-b"), "SIGKILL");
      await page.waitForSelector('[data-host="host-b"].lost');
      await picture("host-lost");
    },
  },
  {
    name: "central's end is said clearly, and its return is noticed",
    act: async ({ page, lab, picture, begun }) => {
      process.kill(pidOf(lab, "central"), "SIGKILL");
      await page.waitForSelector('[data-presence="gone"]');
      await picture("central-gone");
      const central = new NomadCommand(
        ["central", "--listen", new URL(lab.url).host, "--journal", journal],
        lab.workspace.path,
      );
      begun.defer(async () => {
        central.child.kill();
        await central.ended;
      });
      await page.waitForSelector('[data-presence="gone"]', { state: "detached" });
    },
  },
  {
    name: "moves from before central was started again are listed, and can be opened",
    act: async ({ page }) => {
      await page.reload();
      const first = page.locator(".move.released").filter({ hasText: "host-a → host-c" });
      await first.locator("summary").click();
      await first.locator(".facts").filter({ hasText: "precopy" }).waitFor();
    },
  },
];
