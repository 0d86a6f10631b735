import { chooseProvider } from "./choose.ts";
import { helmProgram } from "./helm.ts";
import { loadImages } from "./images/load.ts";
import { kubernetes } from "./programs/kubernetes.ts";
import { say } from "./programs/progress.ts";

const commands = { up, down };

/** Starts a cluster that stays, with the images of this checkout. Run it again to load changed images. */
async function up(): Promise<void> {
  const provider = await chooseProvider(process.env);
  const cluster = await provider.up({ keep: true });
  const { registry, tag, cell } = await loadImages(cluster);
  say(
    cluster.found
      ? "the cluster was already up"
      : "the cluster is up; `make e2e` uses it, `make cluster-down` deletes it",
  );
  const values = `images.registry=${registry},images.tag=${tag},logs.volume.size=1Gi`;
  say(`next: helm install builderpool deploy/helm/builderpool -n ci --create-namespace --set ${values}`);
  say(`then: kubectl apply -n ci -f POOL.yaml, with \`image: ${cell}\` in the pool`);
  console.log(`export KUBECONFIG=${cluster.kubeconfig}`);
  console.log(`alias kubectl='${await kubernetes()} kubectl' helm='${await helmProgram()}'`);
}

async function down(): Promise<void> {
  const provider = await chooseProvider(process.env);
  await provider.down();
}

const name = process.argv[2] ?? "";
if (!Object.hasOwn(commands, name)) {
  say(`expected a command: ${Object.keys(commands).join(" or ")}`);
  process.exit(2);
}
try {
  await commands[name as keyof typeof commands]();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
