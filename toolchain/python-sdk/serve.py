"""Serves one Python program to an engine that is started with `--client`: serve.py PROGRAM

What Pulumi's Automation API does for a program that is a function, here for a file. The first line
on stdout is the address; it ends when its stdin does.
"""

import runpy
import sys
from concurrent.futures import ThreadPoolExecutor

import grpc
from pulumi.automation._server import LanguageServer
from pulumi.runtime.proto import language_pb2_grpc

server = grpc.server(ThreadPoolExecutor(max_workers=4))
program = LanguageServer(lambda: runpy.run_path(sys.argv[1], run_name="__main__"))
language_pb2_grpc.add_LanguageRuntimeServicer_to_server(program, server)
port = server.add_insecure_port("127.0.0.1:0")
server.start()
print(f"127.0.0.1:{port}", flush=True)
sys.stdin.read()
server.stop(None)
