"""What was built for one processor is deployed for no other."""

from __future__ import annotations

from typing import Any

import pytest

from millstream_tools.cloud.built import built_for

TEMPLATE: dict[str, Any] = {
    "Parameters": {
        "Stage": {"Type": "String"},
        "Architecture": {"Type": "String", "Default": "arm64", "AllowedValues": ["arm64", "x86_64"]},
    },
    "Resources": {"Api": {"Type": "AWS::Serverless::Api"}},
}


def test_a_built_template_accepts_its_own_architecture_only() -> None:
    """CloudFormation refuses the other before anything changes."""
    built = built_for(TEMPLATE, "x86_64")
    assert built["Parameters"]["Architecture"] == {"Type": "String", "Default": "x86_64", "AllowedValues": ["x86_64"]}
    assert (built["Parameters"]["Stage"], built["Resources"]) == ({"Type": "String"}, TEMPLATE["Resources"])


def test_an_architecture_that_lambda_does_not_have_is_refused() -> None:
    """A typing error in ARCH."""
    with pytest.raises(ValueError, match="expected one of arm64, x86_64, got 'x86'"):
        built_for(TEMPLATE, "x86")
