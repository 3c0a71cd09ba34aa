"""moto's server for AWS Glue, with the two list requests that moto lacks.

moto 5.2.5 keeps registries, schemas and versions, and answers every request of
the Schema Registry that nexus makes but ListSchemas and ListSchemaVersions. Both
are added here over moto's own store, in pages as AWS cuts them: 25 entries, or
MaxResults, at most 100.
"""

import logging
import os
import signal
import sys
import threading

from moto.core.responses import ActionResult
from moto.glue.exceptions import GSRInvalidInputException
from moto.glue.glue_schema_registry_utils import validate_registry_id, validate_schema_id
from moto.glue.responses import GlueResponse
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server


def page(response, entries):
    """Cuts the entries that a request asks for; the token is where to go on."""
    size = response._get_param("MaxResults") or 25
    if not 1 <= size <= 100:
        raise GSRInvalidInputException("MaxResults is not between 1 and 100.")
    start = int(response._get_param("NextToken") or 0)
    result = {"Schemas": entries[start : start + size]}
    if start + size < len(entries):
        result["NextToken"] = str(start + size)
    return ActionResult(result)


def list_schemas(self):
    registries = self.glue_backend.registries
    name = validate_registry_id(self._get_param("RegistryId"), registries)
    schemas = registries[name].schemas.values() if name in registries else []
    return page(self, [
        {
            "RegistryName": schema.registry_name,
            "SchemaName": schema.schema_name,
            "SchemaArn": schema.schema_arn,
            "SchemaStatus": schema.schema_status,
        }
        for schema in schemas
    ])


def list_schema_versions(self):
    registries = self.glue_backend.registries
    registry, name, _ = validate_schema_id(self._get_param("SchemaId"), registries)
    return page(self, [
        {
            "SchemaArn": version.schema_arn,
            "SchemaVersionId": version.schema_version_id,
            "VersionNumber": version.version_number,
            "Status": version.schema_version_status,
        }
        for version in registries[registry].schemas[name].schema_versions.values()
    ])


def main():
    GlueResponse.list_schemas = list_schemas
    GlueResponse.list_schema_versions = list_schema_versions
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    application = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", 0, application, threaded=True)

    def stop(*_):  # shutdown waits for serve_forever, which runs in this thread
        threading.Thread(target=server.shutdown).start()

    def watch():
        while os.read(0, 4096):
            pass
        stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    threading.Thread(target=watch, daemon=True).start()
    print(f"http://127.0.0.1:{server.server_port}\n{os.getpid()}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    sys.exit(main())
