import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** The browser that NOMAD_CHROMIUM names, or one of the usual places; null where there is none. */
export function chromiumPath(): string | null {
  const { NOMAD_CHROMIUM } = process.env;
  return NOMAD_CHROMIUM ?? places.find((path) => existsSync(path)) ?? null;
}

/** Without its sandbox, which containers and root do not have: it opens pages of ours alone. */
export function launch(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, headless: true, args: ["--no-sandbox", "--disable-gpu"] });
}
