"""Reading CloudFormation's YAML without losing its tags."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from millstream_tools.cloud.local.template import read_template, write_template


def test_tags_become_their_long_forms(tmp_path: Path) -> None:
    """Each short form, nested ones too, is read as what CloudFormation says it is short for."""
    template = tmp_path / "template.yaml"
    template.write_text(
        """
        Resources:
          Queue:
            Properties:
              A: !Ref Name
              B: !GetAtt Table.Stream.Arn
              C: !GetAtt [Table, Arn]
              D: !If [Wanted, !Sub "${AWS::StackName}-x", !Ref AWS::NoValue]
              E: !Sub ["${One}", { One: !Ref Two }]
              F: !Not [!Condition Wanted]
              G: !Transform { Name: AWS::Include, Parameters: { Location: here } }
        """
    )
    assert read_template(template)["Resources"]["Queue"]["Properties"] == {
        "A": {"Ref": "Name"},
        "B": {"Fn::GetAtt": ["Table", "Stream.Arn"]},
        "C": {"Fn::GetAtt": ["Table", "Arn"]},
        "D": {"Fn::If": ["Wanted", {"Fn::Sub": "${AWS::StackName}-x"}, {"Ref": "AWS::NoValue"}]},
        "E": {"Fn::Sub": ["${One}", {"One": {"Ref": "Two"}}]},
        "F": {"Fn::Not": [{"Condition": "Wanted"}]},
        "G": {"Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": "here"}}},
    }


def test_a_version_stays_text(tmp_path: Path) -> None:
    """YAML 1.1 would make a date of it, which is no JSON and no policy version."""
    template = tmp_path / "template.yaml"
    template.write_text("AWSTemplateFormatVersion: 2010-09-09\nResources: {}\n")
    assert json.loads(write_template(read_template(template))) == {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Resources": {},
    }


@pytest.mark.parametrize(
    ("text", "said"), [("Resources: [", "line 1"), ("- a list", "Resources, got list"), ("Outputs: {}", "Resources")]
)
def test_what_is_no_template_is_refused_with_its_file(tmp_path: Path, text: str, said: str) -> None:
    """The error names the file, and the line where YAML breaks."""
    template = tmp_path / "template.yaml"
    template.write_text(text)
    with pytest.raises(ValueError, match=f"template.yaml.*(?s:.*){said}"):
        read_template(template)
