import type { Page } from "playwright-core";
import { CrowdLab, connectionCount, guestCount } from "./crowd-lab.ts";
import { type FrameTimes, smoothMs, watchFrames } from "./frames.ts";

const watchMs = 10_000;
const movesMeanwhile = 8;

/**
 * Shows a crowd, moves some of it, and looks at the page's frames meanwhile. Fails where something is not shown or a move
 * does not end well; how smooth it was is told, and decides nothing: that is the machine's doing, too.
 */
export async function watchCrowd(page: Page, picture: (name: string) => Promise<void>): Promise<FrameTimes> {
  await using lab = await CrowdLab.start();
  await page.goto(await lab.client.loginLink());
  const facts = new RegExp(`guests running\\s*${guestCount}\\s*connections\\s*${connectionCount}\\s*traffic`);
  await page.locator("header").filter({ hasText: facts }).waitFor();
  const [frames] = await Promise.all([watchFrames(page, watchMs), moveSome(lab)]);
  if (frames.frames === 0) throw new Error("the page drew no frames");
  await page.waitForSelector(`.move.released:nth-of-type(${movesMeanwhile})`);
  await picture("crowd");
  return frames;
}

async function moveSome({ client }: CrowdLab): Promise<void> {
  for (let i = 0; i < movesMeanwhile; i++) {
    const { outcome, error } = await client.move(
      { guest: `guest-${1 + i * Math.floor(guestCount / movesMeanwhile)}` },
      { wait: true },
    );
    if (outcome !== "released") throw new Error(`a move was ${outcome}: ${error?.message}`);
  }
}

/** What was seen, in a line. */
export function framesText({ frames, smoothPercent, medianMs, p95Ms, p99Ms, longestMs }: FrameTimes): string {
  const times = [medianMs, p95Ms, p99Ms, longestMs].map((ms) => ms.toFixed(1)).join(" / ");
  const what = `${guestCount} guests, ${connectionCount} connections`;
  return `${what}: ${smoothPercent.toFixed(1)} % of ${frames} frames within ${smoothMs} ms (median / 95 % / 99 % / longest: ${times} ms)`;
}
