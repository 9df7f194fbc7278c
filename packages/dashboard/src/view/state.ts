import { NomadError } from "@nomad/base";
import { signal } from "@preact/signals";
import { Dashboard } from "../model/dashboard.ts";

/** What is shown. It changes in place: `version` tells when something has happened, `pulse` when it is time for new rates. */
export const dashboard = new Dashboard();
export const version = signal(0);
export const pulse = signal(0);
/** What went wrong last with something that the user asked for; empty when nothing. */
export const complaint = signal("");
/** The guest that is being dragged, or was chosen by keyboard to be moved. */
export const carried = signal<string | null>(null);

/** Does what the user asked for, and says so when it is refused. */
export async function attempt(what: Promise<unknown>): Promise<void> {
  complaint.value = "";
  await what.catch((error: Error) => {
    complaint.value = error instanceof NomadError ? `${error.message}. ${error.nextStep}` : error.message;
  });
}
