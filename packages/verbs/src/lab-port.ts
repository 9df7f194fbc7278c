import { type Clock, NomadError, type Qpn } from "@nomad/base";
import type { Host } from "@nomad/daemon/host";
import type { DeviceMemory } from "@nomad/hca";
import type { AdapterPort, LabNames } from "./port.ts";

/** The port of a host in a lab, for the program that uses it. `raw`: see `LabNames`. */
export function labPort(host: Host, clock: Clock, raw: boolean): AdapterPort {
  const { hca, fabric } = host;
  return {
    lid: hca.queryPort().lid,
    hca,
    fabric,
    clock,
    subnet: host,
    names: labNames(host, raw),
    turnSoon: () => host.turnSoon(),
    close: () => {
      host.turn();
      host.close();
    },
  };
}

type Programs = Parameters<Parameters<Host["asProgram"]>[0]>[0];
type Settle<T> = (result: T | NomadError) => void;

function labNames(host: Host, raw: boolean): LabNames {
  const asked = <T>(ask: (programs: Programs, done: Settle<T>) => void): Promise<T> =>
    new Promise((resolve, reject) => {
      const done = (result: T | NomadError) => (result instanceof NomadError ? reject(result) : resolve(result));
      host.asProgram((programs) => ask(programs, done));
    });
  return {
    open: (memory: DeviceMemory) => host.asProgram((programs) => programs.open({ memory, raw })),
    enrol: (qpn, record) => host.asProgram((programs) => programs.enrol(qpn as Qpn, record)),
    withdraw: (qp) => host.asProgram((programs) => programs.withdraw(qp)),
    connect: (qp, remote, attributes) =>
      asked<void>((programs, done) => programs.connect(qp, remote, attributes, done)),
    publish: (key, value) => asked<void>((programs, done) => programs.publish(key, value, done)),
    lookup: (key) => asked<string | null>((programs, done) => programs.lookup(key, done)),
  };
}
