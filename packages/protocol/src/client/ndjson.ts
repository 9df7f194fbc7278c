import { limits, NomadError } from "@nomad/base";

/** Splits chunks of UTF-8 into lines, without their newlines and without blank ones. */
export async function* lines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true });
    const complete = rest.split("\n");
    rest = complete.pop() ?? "";
    if (rest.length > limits.controlBytesMax) {
      throw new NomadError("E_TOO_LARGE", `a line of a stream is longer than ${limits.controlBytesMax} characters`);
    }
    for (const line of complete) if (line.trim() !== "") yield line;
  }
  if (rest.trim() !== "") yield rest;
}
