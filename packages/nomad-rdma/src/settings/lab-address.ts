import { defaults, NomadError } from "@nomad/base";

/** Where each setting can come from, in the order in which they are asked. */
export interface Sources {
  readonly flag: string | undefined;
  readonly environment: string | undefined;
  /** From the nearest `.nomad` directory. */
  readonly found: string | undefined;
}

export const defaultLabUrl = `http://127.0.0.1:${defaults.centralPort}`;

/** The URL of the lab's central server, without a slash at its end. Fails with E_USAGE when it is no URL. */
export function labUrl(sources: Sources): string {
  const text = sources.flag ?? nonEmpty(sources.environment) ?? sources.found ?? defaultLabUrl;
  return httpUrl(text);
}

/** The file that holds the lab's secret; `found` is where it is kept when nothing else is said. */
export function secretFile(sources: Sources & { readonly found: string }): string {
  return sources.flag ?? nonEmpty(sources.environment) ?? sources.found;
}

/** A URL as an operator may write it, or as a daemon prints it (ws:), as the HTTP client needs it. */
export function httpUrl(text: string): string {
  const url = URL.parse(text.includes("://") ? text : `http://${text}`);
  const protocol = url ? protocols[url.protocol] : undefined;
  if (!url || !protocol) throw new NomadError("E_USAGE", `${JSON.stringify(text)} is not the URL of a lab`);
  return `${protocol}//${url.host}${url.pathname.replace(/\/+$/, "")}`;
}

const protocols: Readonly<Record<string, string>> = {
  "http:": "http:",
  "ws:": "http:",
  "https:": "https:",
  "wss:": "https:",
};

/** An empty variable counts as none: it is how a shell or a compose file unsets one. */
function nonEmpty(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}
