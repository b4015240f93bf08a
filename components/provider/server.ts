import grpc from "@grpc/grpc-js";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import services from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import proto from "@pulumi/pulumi/proto/provider_pb.js";
import status from "@pulumi/pulumi/proto/status_pb.js";
import anyProto from "google-protobuf/google/protobuf/any_pb.js";
import emptyProto from "google-protobuf/google/protobuf/empty_pb.js";
import structProto from "google-protobuf/google/protobuf/struct_pb.js";
import {
  type ChangeKind,
  type CheckFailure,
  type DiffResult,
  type Properties,
  type Provider,
  type ResourceHandler,
  UnhealthyResourceError,
} from "./contract.ts";
import { sameValue } from "./values.ts";

/** Nothing bigger than this crosses the plugin boundary; the engine's own limit. Bytes. */
const MAX_MESSAGE_BYTES = 400 * 1024 * 1024;

/**
 * Serves a provider to the Pulumi engine over gRPC and prints the port on the first line of
 * standard output, which is all that a plugin has to do.
 */
export async function serve(provider: Provider): Promise<void> {
  const { port } = await listen(async () => provider);
  process.stdout.write(`${port}\n`);
}

export interface RunningServer {
  /** Port on 127.0.0.1. */
  readonly port: number;
  /** Ends connections, too. */
  close(): void;
}

/**
 * Serves a provider on a free port. Secrets arrive in plain text: the engine marks them again by
 * itself in the state of a provider that does not accept them.
 *
 * `@pulumi/pulumi/provider` offers less: no preview flag, no handshake, no detailed diff.
 *
 * @param providerOf - Makes the provider of a connection. The engine opens one for each provider
 *   resource of a deployment, and each has a configuration of its own.
 */
export async function listen(providerOf: () => Promise<Provider>): Promise<RunningServer> {
  const server = new grpc.Server({
    "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
    "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
  });
  const connections = new Map<string, Promise<grpc.UntypedServiceImplementation>>();
  const handlersOf = (peer: string) => {
    const known = connections.get(peer);
    if (known !== undefined) return known;
    const made = providerOf().then((provider) => new ProviderService(provider).handlers());
    connections.set(peer, made);
    return made;
  };
  server.addService(services.ResourceProviderService, byConnection(handlersOf));
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return { port, close: () => server.forceShutdown() };
}

/** Hands each call to the handlers of the connection that it came by. */
function byConnection(
  handlersOf: (peer: string) => Promise<grpc.UntypedServiceImplementation>,
): grpc.UntypedServiceImplementation {
  const handler =
    (name: Method): grpc.handleUnaryCall<unknown, unknown> =>
    (call, callback) => {
      handlersOf(call.getPeer()).then(
        (handlers) => (handlers[name] as grpc.handleUnaryCall<unknown, unknown>)(call, callback),
        (error: unknown) => callback(grpcError(error)),
      );
    };
  return Object.fromEntries(METHODS.map((name) => [name, handler(name)]));
}

/** Methods of `pulumirpc.ResourceProvider` that are served. */
const METHODS = [
  "handshake",
  "attach",
  "cancel",
  "getPluginInfo",
  "getSchema",
  "checkConfig",
  "diffConfig",
  "configure",
  "invoke",
  "check",
  "diff",
  "create",
  "read",
  "update",
  "delete",
] as const;
type Method = (typeof METHODS)[number];

type Unary<Req, Res> = (request: Req, signal: AbortSignal) => Res | Promise<Res>;

/** Translates each call of the protocol into a call of the provider, and each answer back. */
class ProviderService {
  readonly #provider: Provider;
  readonly #cancelled = new AbortController();

  constructor(provider: Provider) {
    this.#provider = provider;
  }

  handlers(): Record<Method, grpc.UntypedHandleCall> {
    return {
      handshake: this.#unary(() => new proto.ProviderHandshakeResponse()),
      attach: this.#unary(() => new emptyProto.Empty()),
      cancel: this.#unary(() => {
        this.#cancelled.abort(new Error("cancelled by the user"));
        return new emptyProto.Empty();
      }),
      getPluginInfo: this.#unary(() => {
        const info = new plugin.PluginInfo();
        info.setVersion(this.#provider.version);
        return info;
      }),
      getSchema: this.#unary(() => {
        const response = new proto.GetSchemaResponse();
        response.setSchema(this.#provider.schema ?? "{}");
        return response;
      }),
      checkConfig: this.#unary(this.#checkConfig),
      diffConfig: this.#unary((request: proto.DiffRequest) =>
        diffResponse({ changes: changedConfig(request) }),
      ),
      configure: this.#unary(this.#configure),
      invoke: this.#unary(this.#invoke),
      check: this.#unary(this.#check),
      diff: this.#unary(this.#diff),
      create: this.#unary(this.#create),
      read: this.#unary(this.#read),
      update: this.#unary(this.#update),
      delete: this.#unary(this.#delete),
    };
  }

  #unary<Req, Res>(call: Unary<Req, Res>): grpc.handleUnaryCall<Req, Res> {
    return (request, callback) => {
      const bound = call.bind(this);
      Promise.resolve()
        .then(() => bound(request.request, this.#cancelled.signal))
        .then(
          (response) => callback(null, response),
          (error: unknown) => callback(grpcError(error)),
        );
    };
  }

  #handler(type: string): ResourceHandler {
    const handler = this.#provider.resource(type);
    if (handler === undefined) {
      throw new Error(`${this.#provider.name} ${this.#provider.version} has no resource ${type}`);
    }
    return handler;
  }

  async #checkConfig(request: proto.CheckRequest): Promise<proto.CheckResponse> {
    const news = properties(request.getNews());
    const result = (await this.#provider.checkConfig?.(news)) ?? { inputs: news };
    return checkResponse(result.inputs, result.failures);
  }

  async #configure(request: proto.ConfigureRequest): Promise<proto.ConfigureResponse> {
    await this.#provider.configure?.(properties(request.getArgs()));
    const response = new proto.ConfigureResponse();
    response.setAcceptsecrets(false);
    response.setAcceptresources(false);
    response.setAcceptoutputs(false);
    response.setSupportspreview(true);
    return response;
  }

  async #invoke(request: proto.InvokeRequest): Promise<proto.InvokeResponse> {
    if (this.#provider.invoke === undefined) {
      throw new Error(`${this.#provider.name} has no function ${request.getTok()}`);
    }
    const { result, failures } = await this.#provider.invoke({
      token: request.getTok(),
      args: properties(request.getArgs()),
    });
    const response = new proto.InvokeResponse();
    response.setReturn(struct(result));
    response.setFailuresList(failureList(failures));
    return response;
  }

  async #check(request: proto.CheckRequest): Promise<proto.CheckResponse> {
    const ref = refOf(request.getUrn());
    const news = properties(request.getNews());
    const result = (await this.#handler(ref.type).check?.({
      ...ref,
      olds: properties(request.getOlds()),
      news,
      randomSeed: request.getRandomseed_asU8(),
    })) ?? { inputs: news };
    return checkResponse(result.inputs, result.failures);
  }

  async #diff(request: proto.DiffRequest): Promise<proto.DiffResponse> {
    const ref = refOf(request.getUrn());
    const result = await this.#handler(ref.type).diff({
      ...ref,
      id: request.getId(),
      oldInputs: properties(request.getOldInputs()),
      oldOutputs: properties(request.getOlds()),
      news: properties(request.getNews()),
      ignoreChanges: request.getIgnorechangesList(),
    });
    return diffResponse(result);
  }

  async #create(request: proto.CreateRequest, signal: AbortSignal): Promise<proto.CreateResponse> {
    const ref = refOf(request.getUrn());
    const created = await this.#handler(ref.type).create({
      ...ref,
      inputs: properties(request.getProperties()),
      preview: request.getPreview(),
      timeoutSeconds: request.getTimeout(),
      signal,
    });
    const response = new proto.CreateResponse();
    response.setId(created.id);
    response.setProperties(struct(created.outputs));
    return response;
  }

  async #read(request: proto.ReadRequest): Promise<proto.ReadResponse> {
    const ref = refOf(request.getUrn());
    const found = await this.#handler(ref.type).read({
      ...ref,
      id: request.getId(),
      inputs: properties(request.getInputs()),
      outputs: properties(request.getProperties()),
    });
    const response = new proto.ReadResponse();
    if (found !== undefined) {
      response.setId(found.id);
      response.setInputs(struct(found.inputs));
      response.setProperties(struct(found.outputs));
    }
    return response;
  }

  async #update(request: proto.UpdateRequest, signal: AbortSignal): Promise<proto.UpdateResponse> {
    const ref = refOf(request.getUrn());
    const outputs = await this.#handler(ref.type).update({
      ...ref,
      id: request.getId(),
      inputs: properties(request.getNews()),
      oldInputs: properties(request.getOldInputs()),
      oldOutputs: properties(request.getOlds()),
      preview: request.getPreview(),
      timeoutSeconds: request.getTimeout(),
      signal,
    });
    const response = new proto.UpdateResponse();
    response.setProperties(struct(outputs));
    return response;
  }

  async #delete(request: proto.DeleteRequest, signal: AbortSignal): Promise<emptyProto.Empty> {
    const ref = refOf(request.getUrn());
    await this.#handler(ref.type).delete({
      ...ref,
      id: request.getId(),
      inputs: properties(request.getOldInputs()),
      outputs: properties(request.getProperties()),
      timeoutSeconds: request.getTimeout(),
      signal,
    });
    return new emptyProto.Empty();
  }
}

/** The last two parts of `urn:pulumi:stack::project::parent$type::name`; a name may hold `::` itself. */
function refOf(urn: string): { urn: string; type: string; name: string } {
  const [, , types = "", ...name] = urn.split("::");
  return { urn, type: types.split("$").at(-1) ?? "", name: name.join("::") };
}

/**
 * Which settings of the provider differ. Without an answer the engine goes on with a provider that
 * has the old ones.
 */
function changedConfig(request: proto.DiffRequest): Record<string, ChangeKind> {
  const olds = properties(request.getOldInputs() ?? request.getOlds());
  const news = properties(request.getNews());
  const changes: Record<string, ChangeKind> = {};
  for (const key of new Set([...Object.keys(olds), ...Object.keys(news)])) {
    if (!sameValue(olds[key], news[key])) {
      changes[key] =
        olds[key] === undefined ? "add" : news[key] === undefined ? "delete" : "update";
    }
  }
  return changes;
}

function properties(value: structProto.Struct | undefined): Properties {
  return (value?.toJavaScript() ?? {}) as Properties;
}

function struct(value: Properties): structProto.Struct {
  // Struct knows no `undefined`: a round trip through JSON drops those keys.
  return structProto.Struct.fromJavaScript(JSON.parse(JSON.stringify(value)));
}

function failureList(failures: readonly CheckFailure[] = []): proto.CheckFailure[] {
  return failures.map(({ property, reason }) => {
    const failure = new proto.CheckFailure();
    failure.setProperty(property);
    failure.setReason(reason);
    return failure;
  });
}

function checkResponse(
  inputs: Properties,
  failures: readonly CheckFailure[] | undefined,
): proto.CheckResponse {
  const response = new proto.CheckResponse();
  response.setInputs(struct(inputs));
  response.setFailuresList(failureList(failures));
  return response;
}

const KINDS: Readonly<Record<ChangeKind, proto.PropertyDiff.Kind>> = {
  add: proto.PropertyDiff.Kind.ADD,
  "add-replace": proto.PropertyDiff.Kind.ADD_REPLACE,
  delete: proto.PropertyDiff.Kind.DELETE,
  "delete-replace": proto.PropertyDiff.Kind.DELETE_REPLACE,
  update: proto.PropertyDiff.Kind.UPDATE,
  "update-replace": proto.PropertyDiff.Kind.UPDATE_REPLACE,
};

function diffResponse(result: DiffResult): proto.DiffResponse {
  const changes = Object.entries(result.changes);
  const response = new proto.DiffResponse();
  response.setChanges(
    changes.length > 0
      ? proto.DiffResponse.DiffChanges.DIFF_SOME
      : proto.DiffResponse.DiffChanges.DIFF_NONE,
  );
  response.setHasdetaileddiff(true);
  response.setDeletebeforereplace(result.deleteBeforeReplace ?? false);
  response.setDiffsList(changes.map(([path]) => path));
  response.setReplacesList(
    changes.filter(([, kind]) => kind.endsWith("-replace")).map(([path]) => path),
  );
  for (const [path, kind] of changes) {
    const diff = new proto.PropertyDiff();
    diff.setKind(KINDS[kind]);
    diff.setInputdiff(true);
    response.getDetaileddiffMap().set(path, diff);
  }
  return response;
}

function grpcError(error: unknown): Partial<grpc.StatusObject> {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof UnhealthyResourceError)) {
    return { code: grpc.status.UNKNOWN, details: message };
  }
  // An initialization error travels as a detail of the gRPC status, packed by its type name.
  const detail = new proto.ErrorResourceInitFailed();
  detail.setId(error.id);
  detail.setProperties(struct(error.outputs));
  detail.setInputs(struct(error.inputs));
  detail.setReasonsList([...error.reasons]);
  const packed = new anyProto.Any();
  packed.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const rich = new status.Status();
  rich.setCode(grpc.status.UNKNOWN);
  rich.setMessage(message);
  rich.addDetails(packed);
  const metadata = new grpc.Metadata();
  metadata.add("grpc-status-details-bin", Buffer.from(rich.serializeBinary()));
  return { code: grpc.status.UNKNOWN, details: message, metadata };
}
