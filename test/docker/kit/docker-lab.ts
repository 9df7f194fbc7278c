import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { LabClient, LabWatch } from "nomad-rdma";
import { DockerComposeEnvironment, getContainerRuntimeClient, Wait } from "testcontainers";
import { type Ended, NomadCommand } from "../../kit/nomad-command.ts";
import { GuestPair } from "./guest-pair.ts";

const execute = promisify(execFile);
const root = fileURLToPath(new URL("../../..", import.meta.url));
const upMs = 60_000;

/** The networks of a lab. */
export type LabNetwork = "control" | "fabric";

/** What Compose shall start. */
interface Services {
  readonly hosts: number;
  readonly services: readonly string[];
}

let labs = 0;

/** A lab of containers, started from compose.yaml. When it is disposed of nothing of it is left. */
export class DockerLab implements AsyncDisposable {
  readonly project: string;
  readonly secretFile = `${root}/.nomad/secret`;
  #connected: { readonly url: string; readonly client: LabClient; readonly events: LabWatch } | null = null;

  private constructor(project: string) {
    this.project = project;
  }

  /** Resolves when central and the hosts are healthy. With `demo` Compose's whole workload runs as well. */
  static async start(o: { readonly hosts?: number; readonly demo?: boolean } = {}): Promise<DockerLab> {
    const lab = new DockerLab(`nomad-test-${process.pid}-${++labs}`);
    try {
      const services = ["central", "host", ...(o.demo ? ["demo"] : [])];
      const port = await lab.#up({ hosts: o.hosts ?? 4, services });
      const url = `http://127.0.0.1:${port}`;
      const client = new LabClient({ url, secret: Buffer.from(readFileSync(lab.secretFile, "utf8").trim()) });
      lab.#connected = { url, client, events: new LabWatch(client) };
      return lab;
    } catch (error) {
      await lab[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Changes the number of hosts; resolves when those that are to be there are healthy. */
  async scale(hosts: number): Promise<void> {
    await this.#up({ hosts, services: ["host"] });
  }

  /** The port of central on this machine. */
  async #up({ hosts, services }: Services): Promise<number> {
    const started = await new DockerComposeEnvironment(root, "compose.yaml")
      .withProjectName(this.project)
      .withEnvironment({ NOMAD_PORT: "0" })
      .withClientOptions({ commandOptions: ["--no-recreate", "--scale", `host=${hosts}`] })
      .withDefaultWaitStrategy(Wait.forHealthCheck())
      .withStartupTimeout(upMs)
      .up([...services]);
    return started.getContainer("central-1").getMappedPort(4790);
  }

  get #live() {
    if (this.#connected === null) throw new Error(`the lab ${this.project} has not started`);
    return this.#connected;
  }

  get url(): string {
    return this.#live.url;
  }

  get client(): LabClient {
    return this.#live.client;
  }

  get events(): LabWatch {
    return this.#live.events;
  }

  /** Runs `nomad-rdma` on this machine, on this lab. */
  nomad(...args: string[]): Promise<Ended> {
    return new NomadCommand([...args, "--lab", this.url, "--secret-file", this.secretFile], root).ended;
  }

  /** Starts two guests that talk to each other, and waits until they do. */
  startPair(first: { name: string; host: string }, second: { name: string; host: string }): Promise<GuestPair> {
    return GuestPair.start(this, first, second);
  }

  /** Waits until a host is in a state; `within` bounds what the lab promises. */
  async hostIs(name: string, state: "up" | "down" | "lost", within: number): Promise<void> {
    const is = () => this.events.view.hosts.get(name)?.state === state;
    await this.events.until(`${name} is ${state}`, is, within);
  }

  // --- what can happen to a container ---

  async kill(host: string): Promise<void> {
    await (await this.container(host)).kill({ signal: "SIGKILL" });
  }

  async startAgain(host: string): Promise<void> {
    await (await this.container(host)).start();
  }

  async pause(host: string): Promise<void> {
    await (await this.container(host)).pause();
  }

  async unpause(host: string): Promise<void> {
    await (await this.container(host)).unpause();
  }

  async disconnect(host: string, network: LabNetwork): Promise<void> {
    const { id } = await this.container(host);
    await (await this.#network(network)).disconnect({ Container: id });
  }

  async connect(host: string, network: LabNetwork): Promise<void> {
    const { id } = await this.container(host);
    await (await this.#network(network)).connect({ Container: id });
  }

  /** The engine's handle of a container: `host-1`, `central-1`. */
  async container(name: string) {
    const { container } = await getContainerRuntimeClient();
    return container.getById(`${this.project}-${name}`);
  }

  async #network(name: LabNetwork) {
    const { network } = await getContainerRuntimeClient();
    return network.getById(`${this.project}_${name}`);
  }

  /** Everything of this lab that the engine still has: containers, networks, volumes. */
  async remains(): Promise<string[]> {
    const filter = ["--quiet", "--filter", `label=com.docker.compose.project=${this.project}`];
    const lists = [
      ["ps", "--all"],
      ["network", "ls"],
      ["volume", "ls"],
    ];
    const texts = await Promise.all(lists.map((list) => execute("docker", [...list, ...filter])));
    return texts.flatMap(({ stdout }) => stdout.split("\n")).filter((id) => id !== "");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connected?.events[Symbol.asyncDispose]();
    const { compose } = await getContainerRuntimeClient();
    const project = { filePath: root, files: "compose.yaml", projectName: this.project };
    await compose.down(project, { removeVolumes: true, timeout: 0 });
  }
}
