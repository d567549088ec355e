// A server that accepts every export. It runs in a separate process.
import { createServer } from "node:http";

const server = createServer((request, response) => {
  request.resume();
  request.on("end", () => {
    const type = request.headers["content-type"];
    // of protobuf, a message without fields is empty
    response.writeHead(200, { "content-type": type }).end(type === "application/json" ? "{}" : "");
  });
});
server.listen(0, "127.0.0.1", () => process.send(server.address().port));
process.on("disconnect", () => process.exit(0));
