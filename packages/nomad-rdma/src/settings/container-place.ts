/** Where a container is on a network: what others call it, and the address by which they reach it there alone. */
export interface ContainerPlace {
  readonly name: string;
  readonly address: string;
}

/**
 * The place on `network`, from the full names that the engine's name server gives to this container's addresses, such
 * as `nomad-host-2.nomad_fabric` for the second container of Compose's service host on the network fabric of the
 * project nomad: `host-2`. Undefined when none of them is on that network.
 */
export function containerPlace(fullNames: readonly string[], network: string): ContainerPlace | undefined {
  for (const address of fullNames) {
    const [container = "", of = ""] = address.split(".");
    if (of === network) return { name: container, address };
    // Compose puts the project's name before those of its networks and containers.
    if (!of.endsWith(`_${network}`)) continue;
    const project = of.slice(0, -network.length - 1);
    const name = container.startsWith(`${project}-`) ? container.slice(project.length + 1) : container;
    return { name, address };
  }
  return undefined;
}
