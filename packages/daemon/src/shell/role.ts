import { NomadError } from "@nomad/base";
import { centralName } from "@nomad/protocol";
import type { AuthenticatedSocket, Hello } from "@nomad/wire";

/** Is the other side what it must be here, and named as such? If not, it is told so and let go. */
export function hasRole(socket: AuthenticatedSocket, role: Hello["role"]): boolean {
  const { peer } = socket;
  if (peer.role === role && (peer.name === centralName) === (role === "central")) return true;
  socket.close(new NomadError("E_AUTH", `${peer.name} speaks as ${peer.role}, where a ${role} is spoken to`));
  return false;
}
