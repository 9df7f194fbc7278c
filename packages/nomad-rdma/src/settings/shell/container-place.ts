import { resolvePtr } from "node:dns/promises";
import { networkInterfaces } from "node:os";
import { NomadError } from "@nomad/base";
import { type ContainerPlace, containerPlace } from "../container-place.ts";

/** This container's place on a network, as the engine's name server knows it. Fails with E_CONFIG when it has none. */
export async function findContainerPlace(network: string): Promise<ContainerPlace> {
  const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
  const reachable = addresses.filter(({ internal, family }) => !internal && family === "IPv4");
  const fullNames = (await Promise.all(reachable.map(({ address }) => namesOf(address)))).flat();
  const place = containerPlace(fullNames, network);
  if (place) return place;
  const known = fullNames.length === 0 ? "it has no name on any" : `its names are ${fullNames.join(", ")}`;
  throw new NomadError("E_CONFIG", `this container is not on a network called ${network}: ${known}`);
}

/** The names of an address. One that the name server does not know has none. */
function namesOf(address: string): Promise<string[]> {
  return resolvePtr(`${address.split(".").reverse().join(".")}.in-addr.arpa`).catch(() => []);
}
