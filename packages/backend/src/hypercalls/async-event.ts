import { EAGAIN } from "@nomad/abi";
import { announceEvents } from "../async-events.ts";
import { fail, type Hypercall, ok } from "./call.ts";

export const getAsyncEvent: Hypercall = ({ device }) => {
  const event = device.asyncEvents.shift();
  announceEvents(device);
  return event ? ok(event.type, event.number) : fail(EAGAIN);
};
