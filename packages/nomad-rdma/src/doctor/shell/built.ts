import { join } from "node:path";
import { siteDirectory } from "@nomad/dashboard";
import { plural } from "../../output/format.ts";
import { isFile } from "../../settings/shell/nomad-directory.ts";
import type { Finding } from "../finding.ts";

/** Are the images of the programs that come with Nomad built from their present sources? */
export async function checkImages(): Promise<Finding> {
  const { outdatedImages } = await import("@nomad/guest/builder");
  const check = "images";
  const outdated = outdatedImages();
  if (outdated.length === 0) return { check, level: "ok", found: "as their sources are" };
  const found = `${plural(outdated.length, "image")} missing or out of date: ${outdated.join(", ")}`;
  return { check, level: "fail", found, next: "npm run prepare" };
}

/** Is there a dashboard for central to serve? */
export function checkDashboard(): Finding {
  const check = "dashboard";
  if (isFile(join(siteDirectory, "index.html"))) return { check, level: "ok", found: "built" };
  return { check, level: "warn", found: "not built", next: "npm run prepare" };
}
