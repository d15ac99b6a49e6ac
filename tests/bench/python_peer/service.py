"""lookbook.v1 over grpc.aio: Search by image, and what the `lookbook` client asks before it begins."""
import asyncio

import grpc
from lookbook.v1 import catalog_pb2, search_pb2

from pipeline import Call

MESSAGE_BYTES = 20 << 20


class Service:
    def __init__(self, bundle, pipeline):
        self._bundle, self._pipeline = bundle, pipeline

    async def search(self, request, context):
        if request.WhichOneof("query") != "image":
            await context.abort(grpc.StatusCode.UNIMPLEMENTED, "the peer searches by image alone")
        answer = asyncio.get_running_loop().create_future()
        self._pipeline.submit(Call(request, lambda result: _set(answer, result)))
        try:
            return await answer
        except ValueError as error:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))

    async def get_info(self, _request, _context):
        manifest = self._bundle.manifest
        reply = catalog_pb2.GetInfoResponse(version="python_peer", device="cpu")
        reply.bundles.add(name="bench", bundle_id=self._bundle.id, recipe=manifest["recipe"],
                          backbone=manifest["backbone"], dim=self._bundle.dim, image_size=self._bundle.size,
                          items=len(self._bundle.items), classes=len(self._bundle.classes),
                          index=manifest["index"]["spec"], created=manifest["created"])
        return reply

    async def list_classes(self, _request, _context):
        reply = catalog_pb2.ListClassesResponse(bundle_id=self._bundle.id)
        for number, name, threshold in self._bundle.classes:
            reply.classes.add(class_id=number, name=name, threshold=threshold)
        return reply

    def handlers(self):
        search = grpc.unary_unary_rpc_method_handler(
            self.search, request_deserializer=search_pb2.SearchRequest.FromString)  # Replies are bytes already.
        info = grpc.unary_unary_rpc_method_handler(
            self.get_info, request_deserializer=catalog_pb2.GetInfoRequest.FromString,
            response_serializer=catalog_pb2.GetInfoResponse.SerializeToString)
        classes = grpc.unary_unary_rpc_method_handler(
            self.list_classes, request_deserializer=catalog_pb2.ListClassesRequest.FromString,
            response_serializer=catalog_pb2.ListClassesResponse.SerializeToString)
        catalog = {"GetInfo": info, "ListClasses": classes}
        return [grpc.method_handlers_generic_handler("lookbook.v1.SearchService", {"Search": search}),
                grpc.method_handlers_generic_handler("lookbook.v1.CatalogService", catalog)]


def _set(answer, result):
    if answer.done():  # The caller gave up.
        return
    if isinstance(result, Exception):
        answer.set_exception(result)
    else:
        answer.set_result(result)


async def start(service, address):
    """A server that listens on `address`, which other processes may share."""
    server = grpc.aio.server(options=[("grpc.so_reuseport", 1), ("grpc.max_receive_message_length", MESSAGE_BYTES)])
    server.add_generic_rpc_handlers(service.handlers())
    if server.add_insecure_port(address) == 0:
        raise OSError(f"cannot listen on {address}")
    await server.start()
    return server
