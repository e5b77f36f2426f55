"""The marketing department: segments, campaigns, their results, A/B tests."""

from graphs.marketing.audience import segment_customers
from graphs.marketing.campaigns import draft_campaign, edit_campaign
from graphs.marketing.reports import campaign_report, evaluate_ab_test
from graphs.marketing.schedule import schedule_campaign

TOOLS = [segment_customers, draft_campaign, edit_campaign, schedule_campaign, campaign_report, evaluate_ab_test]
