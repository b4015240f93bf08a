import grpc from "@grpc/grpc-js";

/** A unary gRPC method from a function; what it throws travels as the status' details. */
export function unary<Req, Res>(
  call: (request: Req) => Res | Promise<Res>,
): grpc.handleUnaryCall<Req, Res> {
  return (request, callback) => {
    Promise.resolve()
      .then(() => call(request.request))
      .then(
        (response) => callback(null, response),
        (error: unknown) =>
          callback({
            code: grpc.status.UNKNOWN,
            details: error instanceof Error ? error.message : String(error),
          }),
      );
  };
}

/** Serves on a free port of 127.0.0.1, in the clear, and gives the port. */
export function bindLoopback(server: grpc.Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    );
  });
}
