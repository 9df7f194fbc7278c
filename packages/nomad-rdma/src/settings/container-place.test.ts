import { expect, test } from "vitest";
import { containerPlace } from "./container-place.ts";

const control = "nomad-host-2.nomad_control";
const fabric = "nomad-host-2.nomad_fabric";

test("a container of Compose is known by its service and number, on the network that was asked for", () => {
  expect(containerPlace([control, fabric], "fabric")).toEqual({ name: "host-2", address: fabric });
  expect(containerPlace([control, fabric], "control")).toEqual({ name: "host-2", address: control });
});

test("a project's name may have hyphens and underscores", () => {
  const address = "my-own_lab-host-12.my-own_lab_fabric";
  expect(containerPlace([address], "fabric")).toEqual({ name: "host-12", address });
});

test("a container that Compose did not make is known by its own name", () => {
  expect(containerPlace(["alpha.fabric"], "fabric")).toEqual({ name: "alpha", address: "alpha.fabric" });
  expect(containerPlace(["alpha.nomad_fabric"], "fabric")).toEqual({ name: "alpha", address: "alpha.nomad_fabric" });
});

test("a network that only sounds alike is another one", () => {
  expect(containerPlace([control, "nomad-host-2.nomad_myfabric"], "fabric")).toBeUndefined();
});
