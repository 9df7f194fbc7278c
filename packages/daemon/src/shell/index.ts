// What other programs with sockets share with the daemons.
export { type JoinedLab, joinLab } from "../host/shell/join-lab.ts";
export { noMachines } from "../host/shell/machines.ts";
export { introduce } from "./hello.ts";
export { realClock } from "./real-clock.ts";
