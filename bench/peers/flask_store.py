"""The store as one writes it first: a dict behind a lock, in Flask."""
import threading

from flask import Flask, Response, abort, request

app = Flask(__name__)
store = {}
lock = threading.Lock()


@app.get("/kv/<path:key>")
def get(key):
    with lock:
        value = store.get(key)
    if value is None:
        abort(404)
    return Response(value, mimetype="application/octet-stream")


@app.put("/kv/<path:key>")
def put(key):
    value = request.get_data()
    with lock:
        created = key not in store
        store[key] = value
    return Response(status=201 if created else 204)
