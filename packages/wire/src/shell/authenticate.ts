import { NomadError } from "@nomad/base";
import type { RawData, WebSocket } from "ws";
import { closeCodeOf, closeError, closeReasonOf, socketError } from "../close-code.ts";
import type { Agreement, HandshakeSide } from "../handshake.ts";

/**
 * Runs one side of the handshake over an open WebSocket and calls `onOutcome` once: within the message that ends it, so
 * that no message that follows is missed. On failure the socket has been closed.
 */
export function authenticate(
  ws: WebSocket,
  side: HandshakeSide,
  timeoutMs: number,
  onOutcome: (outcome: Agreement | NomadError) => void,
): void {
  let failure: NomadError | null = null;
  const end = (outcome: Agreement | NomadError) => {
    clearTimeout(timer);
    ws.off("message", onMessage);
    ws.off("close", onClose);
    ws.off("error", onError);
    if (outcome instanceof NomadError) refuse(ws, outcome);
    onOutcome(outcome);
  };
  const onMessage = (data: RawData, isBinary: boolean) => {
    if (!isBinary) return end(new NomadError("E_MESSAGE", "malformed handshake message: text"));
    const step = side.receive(data as Buffer);
    if (step.reply) ws.send(step.reply);
    if (step.outcome) end(step.outcome);
  };
  const onClose = (code: number, reason: Buffer) => {
    const gone = () => new NomadError("E_UNREACHABLE", "the connection was closed within the handshake");
    end(failure ?? closeError(code, reason.toString()) ?? gone());
  };
  const onError = (cause: Error) => {
    failure ??= socketError(cause);
  };
  const timer = setTimeout(
    () => end(new NomadError("E_TIMEOUT", `the handshake took longer than ${timeoutMs} ms`)),
    timeoutMs,
  );
  ws.on("message", onMessage);
  ws.on("close", onClose);
  ws.on("error", onError);
  const opening = side.open();
  if (opening) ws.send(opening);
}

/** Closes a socket and tells the other side why. */
export function refuse(ws: WebSocket, error: NomadError): void {
  ws.close(closeCodeOf(error), closeReasonOf(error));
}
