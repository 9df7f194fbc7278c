// What other programs with sockets share with the daemons.
export { introduce } from "./hello.ts";
export { realClock } from "./real-clock.ts";
