// `npm run test:browser`: does in a headless Chromium what a person does with the dashboard, and looks at how smoothly it
// shows a crowd. `--json`: one line of results; `--only story|crowd`: one of the two; `--screenshots DIR`: where the
// pictures go (default: a directory that is named at the end).
import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Page } from "playwright-core";
import { exitWhenInterrupted } from "../kit/exit-when-interrupted.ts";
import { RunningLab } from "../kit/running-lab.ts";
import { chromiumPath, launch } from "./chromium.ts";
import { framesText, watchCrowd } from "./crowd/crowd.ts";
import type { FrameTimes } from "./crowd/frames.ts";
import { journal, story } from "./story.ts";

exitWhenInterrupted();

const { values: options } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    only: { type: "string" },
    screenshots: { type: "string" },
  },
});
const say = (text: string): void => void process.stderr.write(`${text}\n`);
const screenshots: string[] = [];
const steps: { name: string; ok: boolean; error?: string }[] = [];
let frames: FrameTimes | undefined;

/** Does one thing, and notes how it went: false when it failed. */
async function step(name: string, act: () => Promise<void>): Promise<boolean> {
  const failed = await act().then(
    () => null,
    (error: Error) => error,
  );
  steps.push({ name, ok: failed === null, ...(failed && { error: failed.message }) });
  say(`${failed === null ? "ok" : "FAILED"}  ${name}${failed === null ? "" : `\n${failed.message}`}`);
  return failed === null;
}

async function play(executablePath: string): Promise<void> {
  const folder = options.screenshots ?? mkdtempSync(join(tmpdir(), "nomad-browser-"));
  mkdirSync(folder, { recursive: true });
  await using begun = new AsyncDisposableStack();
  const browser = await launch(executablePath);
  begun.defer(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  page.setDefaultTimeout(60_000);
  page.on("pageerror", (error) => steps.push({ name: "no error on the page", ok: false, error: error.message }));
  const picture = async (name: string): Promise<void> => {
    const path = join(folder, `${name}.png`);
    await page.screenshot({ path });
    screenshots.push(path);
  };
  if (options.only !== "crowd") await playStory(page, picture);
  if (options.only === "story") return;
  await step("a crowd of guests is shown, and stays smooth to look at while some of it moves", async () => {
    frames = await watchCrowd(page, picture);
    say(framesText(frames));
  });
}

async function playStory(page: Page, picture: (name: string) => Promise<void>): Promise<void> {
  await using begun = new AsyncDisposableStack();
  const lab = begun.use(await RunningLab.start("--journal", journal));
  await lab.startPair();
  for (const { name, act } of story) if (!(await step(name, () => act({ page, lab, picture, begun })))) return;
}

const executablePath = chromiumPath();
if (executablePath === null) say("test:browser: SKIPPED: there is no Chromium here (NOMAD_CHROMIUM says where one is)");
else await play(executablePath);
const ok = steps.every((step) => step.ok);
if (!options.json) for (const path of screenshots) say(path);
if (options.json) process.stdout.write(`${JSON.stringify({ ok, steps, screenshots, ...(frames && { frames }) })}\n`);
process.exitCode = ok ? 0 : 1;
