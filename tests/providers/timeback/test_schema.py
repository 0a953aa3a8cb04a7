"""What is written to BeyondAI, judged by TimeBack's own OpenAPI document."""

from integration_tui.domain.roster import Collection
from integration_tui.domain.value import replace
from integration_tui.providers.http.models import Request
from integration_tui.providers.oneroster.responses import PATHS
from integration_tui.providers.timeback.connector import TimeBackConnector
from integration_tui.providers.timeback.serializer import BeyondAiForm, LearnWithAiForm, Sent
from tests.providers.http.fixtures import Here, client
from tests.providers.timeback.fixtures import config
from tests.providers.timeback.test_writes import ALL, CLASS, upsert
from tests.schema_validator.prism import DOCUMENTS, prism

DOCUMENT = DOCUMENTS / "timeback-oneroster-api.openapi31.yaml"
PROOF = {"Authorization": "Bearer of-nobody"}
SERVICE = "/ims/oneroster/rostering/v1p2"


async def posted(address: str, path: str, sent: Sent) -> int:
    """Return how the document's own server answers what would be posted."""
    url = f"{address}{SERVICE}/{path}/"
    request = Request.write("POST", url, sent.body, accept="application/json")
    async with client() as http:
        answer = await http.send(replace(request, headers={**request.headers, **PROOF}))
    return answer.status


async def test_what_is_put_and_posted_is_what_the_document_takes() -> None:
    records = [
        (write_operation.record, write_operation.collection)
        for write_operation in ALL
        if write_operation.record is not None
    ]
    async with prism("mock", DOCUMENT) as address:
        auth = {"type": "jwt", "token": "env:SIS_SECRET"}
        connector = TimeBackConnector(
            config(address, auth=auth, writes=True), Here().context(timeout_s=20)
        )
        for step in list(connector.steps())[:1]:
            await step.run()
        try:
            results = await connector.write([upsert(*record) for record in records])
        finally:
            await connector.disconnect()
        statuses = [
            await posted(address, PATHS[collection], BeyondAiForm().sent(collection, record))
            for record, collection in records
        ]
        wrong = LearnWithAiForm().sent(Collection.CLASSES, CLASS)
        refused = await posted(address, "classes", wrong)

    assert [result.reason for result in results] == [""] * len(records)
    assert statuses == [201] * len(records)
    assert refused == 422  # the judge looks at bodies
